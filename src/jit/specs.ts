// What a jitted function takes: specs as a person writes them, and what is given in a call checked against them.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { type DType, type HostArray, sizeOf, type TensorSpec } from '../trace/index.js';
import { describe, isPlainObject, mapTree } from './tree.js';

/** Shape and dtype of a tensor; dtype is float32 by default. A tensor serves as its own spec. */
export interface Spec {
  readonly shape: readonly number[];
  readonly dtype?: string;
}

/** A spec, or arrays and plain objects of specs. */
export type SpecTree = Spec | readonly SpecTree[] | { readonly [key: string]: SpecTree };

type Numbers = Float32Array | Int32Array | Uint8Array;

type Ranks = [tf.Rank.R0, tf.Rank.R1, tf.Rank.R2, tf.Rank.R3, tf.Rank.R4, tf.Rank.R5, tf.Rank.R6];

/** By the shape's length; any rank where it is not known to the compiler. */
type RankOf<Length extends number> = number extends Length
  ? // biome-ignore lint/suspicious/noExplicitAny: such a tensor may be given where one of some rank is wanted
    any
  : Length extends keyof Ranks
    ? Ranks[Length]
    : tf.Rank;

/** The tensors that specs describe. */
export type TensorsOf<S> = S extends tf.Tensor
  ? S
  : S extends { readonly shape: infer Shape extends readonly number[] }
    ? tf.Tensor<RankOf<Shape['length']>>
    : { -readonly [K in keyof S]: TensorsOf<S[K]> };

/** What may be given for them: tensors, their numbers as a typed array, or a plain number where the shape is []. */
export type GivenFor<S> = S extends tf.Tensor
  ? tf.Tensor | Numbers | number
  : S extends { readonly shape: readonly number[] }
    ? tf.Tensor | Numbers | number
    : { readonly [K in keyof S]: GivenFor<S[K]> };

/** One input: the name in the graph is the path. */
export interface Input {
  readonly path: string;
  readonly spec: TensorSpec;
}

const dtypes: readonly unknown[] = ['float32', 'int32', 'bool'] satisfies DType[];

const isSpec = (node: unknown): boolean =>
  typeof node === 'object' && node !== null && Array.isArray((node as Spec).shape);

/** The structure of all arguments with an Input at each leaf. @throws GptError `jit/spec` */
export function readSpecs(specs: unknown): readonly unknown[] {
  if (!Array.isArray(specs))
    throw new GptError('jit/spec', `the specs are ${describe(specs)}`, {
      hint: 'give an array with one entry for each argument: [{ shape: [8, 2] }, { shape: [8], dtype: "int32" }]',
    });
  return specs.map((spec, i) => mapTree(spec, `argument ${i + 1}`, isSpec, readSpec));
}

function readSpec(leaf: unknown, path: string): Input {
  const { shape, dtype = 'float32' } = leaf as Spec;
  const wrong = shape.find((size) => !Number.isInteger(size) || size < 0);
  if (wrong !== undefined)
    throw new GptError('jit/spec', `${path} has shape [${shape}]: ${wrong} is not a size`, {
      hint: 'sizes are known when a function is traced; for another size call jit again',
    });
  if (!dtypes.includes(dtype))
    throw new GptError('jit/spec', `${path} has dtype ${dtype}`, { hint: 'float32, int32 or bool' });
  return { path, spec: { shape: [...shape], dtype: dtype as DType } };
}

export const isInput = (node: unknown): node is Input =>
  isPlainObject(node) && typeof node['path'] === 'string' && isPlainObject(node['spec']);

/**
 * The numbers of everything that a call gives, by path.
 * @param structure of `readSpecs`
 * @throws GptError `jit/input`, naming the argument, what it must be and what it is
 */
export function readInputs(name: string, structure: readonly unknown[], given: readonly unknown[]) {
  if (given.length !== structure.length)
    throw new GptError('jit/input', `${name} takes ${structure.length} arguments, got ${given.length}`);
  const feeds: Record<string, HostArray> = {};
  structure.forEach((node, i) => {
    read(name, node, given[i], `argument ${i + 1}`, feeds);
  });
  return feeds;
}

function read(name: string, node: unknown, given: unknown, path: string, feeds: Record<string, HostArray>): void {
  const wrong = (wanted: string, hint?: string) =>
    new GptError('jit/input', `${path} of ${name} must be ${wanted}, is ${kind(given)}`, hint ? { hint } : {});
  if (isInput(node)) {
    const numbers = numbersOf(given, node.spec);
    if (!numbers) throw wrong(show(node.spec), hintFor(given));
    feeds[node.path] = numbers;
  } else if (Array.isArray(node)) {
    if (!Array.isArray(given) || given.length !== node.length) throw wrong(`an array of ${node.length}`);
    node.forEach((child, i) => {
      read(name, child, given[i], `${path}[${i}]`, feeds);
    });
  } else if (isPlainObject(node)) {
    const keys = Object.keys(node);
    if (!isPlainObject(given) || Object.keys(given).sort().join() !== [...keys].sort().join())
      throw wrong(`an object with the keys ${keys.join(', ')}`);
    for (const key of keys) read(name, node[key], given[key], `${path}.${key}`, feeds);
  }
}

/** The numbers of a tensor, a typed array or a plain number that fits; else undefined. */
function numbersOf(given: unknown, { shape, dtype }: TensorSpec): HostArray | undefined {
  if (typeof given === 'number') return shape.length === 0 ? arrayOf([given], dtype) : undefined;
  if (ArrayBuffer.isView(given)) {
    const fits = given.constructor === arrayOf([], dtype).constructor;
    return fits && (given as Numbers).length === sizeOf(shape) ? (given as HostArray) : undefined;
  }
  if (!(given instanceof tf.Tensor) || given.isDisposed) return undefined;
  return given.dtype === dtype && given.shape.join() === shape.join() ? hostNumbers(given, dtype) : undefined;
}

/** A tensor's numbers in the array of its dtype; where they are that already, tfjs' own memory. */
export function hostNumbers(tensor: tf.Tensor, dtype: DType): HostArray {
  const data = tensor.dataSync();
  return data.constructor === arrayOf([], dtype).constructor ? (data as HostArray) : arrayOf(data, dtype);
}

function arrayOf(numbers: ArrayLike<number>, dtype: DType): HostArray {
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers);
}

function show({ shape, dtype }: TensorSpec): string {
  return `${dtype} [${shape.join(', ')}]`;
}

function kind(given: unknown): string {
  if (given instanceof tf.Tensor)
    return given.isDisposed ? 'a disposed tensor' : `${given.dtype} [${given.shape.join(', ')}]`;
  if (ArrayBuffer.isView(given)) return `${given.constructor.name} of ${(given as Numbers).length}`;
  return describe(given);
}

function hintFor(given: unknown): string | undefined {
  return given instanceof tf.Tensor && !given.isDisposed
    ? 'a function is traced for one shape and dtype of each input: call jit again for another'
    : undefined;
}
