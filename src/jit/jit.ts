// tfjs code, traced once and run compiled. Knows nothing of GPT.
import type { Device, EngineName } from '../engine/index.js';
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { dump, refusePromise, type TensorSpec, type TracedFunction, traceFunction } from '../trace/index.js';
import { acquireEngine } from './engines.js';
import { Program } from './program.js';
import { type GivenFor, type Input, isInput, readInputs, readSpecs, type SpecTree, type TensorsOf } from './specs.js';
import { mapTree } from './tree.js';

export interface JitOptions {
  /** `auto` is onnx. `eager` runs the traced graph with tfjs' CPU kernels, one at a time: slow, for comparison. */
  readonly backend?: EngineName | 'auto';
  readonly device?: Device | 'auto';
  /** Default: the physical cores. */
  readonly threads?: number;
  /** For tensorflow: compile by XLA. Default: TensorFlow's own operations, one at a time. */
  readonly xla?: boolean;
  /** Names the function in messages. Default: its own name. */
  readonly name?: string;
}

/** A compiled function. Calls run one after the other. */
export interface Jitted<Specs extends readonly SpecTree[], Result> {
  /**
   * Runs it.
   * @returns new tensors on tfjs' active backend, the caller's to dispose
   * @throws GptError `jit/input` for inputs that differ from the specs, `jit/variable` where a variable was disposed,
   * `jit/disposed`
   */
  (...inputs: GivenFor<Specs> extends infer Given extends readonly unknown[] ? Given : never): Promise<Result>;
  /** The traced graph as text, one operation a line. */
  readonly graph: string;
  /** Names of the tf.Variables that are read in each call. */
  readonly reads: readonly string[];
  /** Names of the tf.Variables that are assigned in each call. */
  readonly writes: readonly string[];
  /** Frees the compiled function, once calls under way are done. Disposing twice does nothing. */
  dispose(): Promise<void>;
}

/**
 * Traces a function of tfjs tensors once and compiles it for an engine. Gradients (`tf.grad`, `tf.valueAndGrads`,
 * `tf.variableGrads`) and updates (`optimizer.minimize`, `variable.assign`) may be inside.
 *
 * The function runs once, on tensors without numbers. So what it computes in JavaScript is computed once: numbers, and
 * tensors from outside, are constants. A tf.Variable is read again in each call, and assigned after it.
 *
 * @param fn a plain function; inputs and outputs are tensors, or arrays and objects of tensors
 * @param specs for each argument its shape and dtype, nested as the argument is; tensors may stand for their own
 * @returns the compiled function
 * @throws GptError `jit/spec`, `jit/tree`; `trace/read` where it reads numbers (`dataSync`, a condition on a value),
 * `trace/data-dependent`, `trace/kernel` for an operation that cannot be traced, `trace/random`, `trace/async`,
 * `trace/variable`; `engine/...`, `onnx/...`, `tensorflow/...` where the engine is missing
 */
export async function jit<const Specs extends readonly SpecTree[], Result>(
  fn: (...inputs: TensorsOf<Specs> extends infer Given extends unknown[] ? Given : never) => Result,
  specs: Specs,
  options: JitOptions = {},
): Promise<Jitted<Specs, Result>> {
  const name = options.name ?? (fn.name || 'the function');
  const structure = readSpecs(specs);
  const { traced, result } = record(name, fn as (...inputs: unknown[]) => unknown, structure);
  const { backend = 'auto', device = 'auto', threads, xla = false } = options;
  const { engine, release } = await acquireEngine({ backend, device, threads, jit: xla ? 'xla' : 'graph' });
  const program = await engine.compileGraph(traced.graph).then(
    (compiled) => new Program(name, compiled, traced, release),
    async (error: unknown) => {
      await release();
      throw error;
    },
  );
  const call = async (...given: unknown[]) => {
    const outputs = await program.run(readInputs(name, structure, given));
    return mapTree(result, 'the result', isOutput, (leaf) => outputs[(leaf as Output).output]);
  };
  return Object.assign(call, {
    graph: dump(traced.graph),
    reads: [...traced.reads.values()].map((variable) => variable.name),
    writes: [...traced.writes.values()].map((variable) => variable.name),
    dispose: () => program.dispose(),
  }) as unknown as Jitted<Specs, Result>;
}

/** Stands for an output of the graph in the structure of a result. */
interface Output {
  readonly output: string;
}

const isOutput = (node: unknown): node is Output => typeof (node as Output | undefined)?.output === 'string';

/** Traces; gives the graph and the structure of the result, with an Output for each tensor. */
function record(name: string, fn: (...inputs: unknown[]) => unknown, structure: readonly unknown[]) {
  const inputs: Record<string, TensorSpec> = {};
  mapTree(structure, '', isInput, (leaf) => {
    const { path, spec } = leaf as Input;
    inputs[path] = spec;
  });
  let result: unknown;
  const traced: TracedFunction = traceFunction(name, inputs, (tensors) => {
    const given = structure.map((node) => mapTree(node, '', isInput, (leaf) => tensors[(leaf as Input).path]));
    const returned = fn(...given);
    refusePromise(name, returned);
    const outputs: Record<string, tf.Tensor> = {};
    const isTensor = (node: unknown) => node instanceof tf.Tensor;
    result = mapTree(returned, 'the result', isTensor, (leaf, path) => {
      outputs[path] = leaf as tf.Tensor;
      return { output: path } satisfies Output;
    });
    return outputs;
  });
  if (traced.graph.outputs.length === 0)
    throw new GptError('jit/result', `${name} gives no tensor and assigns no variable`, {
      hint: 'return what it computes',
    });
  return { traced, result };
}
