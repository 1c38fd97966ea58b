// Runs a graph op by op with tfjs' CPU kernels: slow, simple, and the definition of right for passes and engines.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { onTraceBackend } from './backend.js';
import { hostArray } from './emitter.js';
import type { Attributes, Graph, HostArray, Node, Value } from './graph.js';
import { sizeOf } from './graph.js';
import { type PrimitiveRun, primitiveRun } from './primitives.js';
import { activeRecorder } from './recorder.js';
import { numbersOf, sameShape } from './shapes.js';
import { vocabulary } from './vocabulary/index.js';

export interface InterpretOptions {
  /** Definitions of primitives by name, for graphs that were not traced in this process. */
  readonly primitives?: Readonly<Record<string, (node: Node) => PrimitiveRun>>;
}

/**
 * Runs a graph.
 * @param feeds the numbers of every input, by name
 * @returns the numbers of every output, by name; arrays of the caller's own
 * @throws GptError `trace/feeds` for a missing or wrongly sized input, `trace/primitive` for an unknown primitive
 */
export function interpret(
  graph: Graph,
  feeds: Readonly<Record<string, HostArray>>,
  options: InterpretOptions = {},
): Record<string, HostArray> {
  return onCpu(() => {
    const inputs = graph.inputs.map(({ name, value }) => {
      const data = feeds[name];
      if (data?.length !== sizeOf(value.shape))
        throw new GptError(
          'trace/feeds',
          `input ${name} of ${graph.name} needs ${sizeOf(value.shape)} numbers, got ${data?.length ?? 'none'}`,
        );
      return tensorOf(data, value);
    });
    const outputs = runGraph(graph, inputs, options);
    for (const tensor of inputs) tensor.dispose();
    const numbers = outputs.map((tensor) => hostArray(tensor.dataSync(), tensor.dtype as Value['dtype']));
    for (const tensor of outputs) tensor.dispose();
    return Object.fromEntries(graph.outputs.map(({ name }, index) => [name, numbers[index]!]));
  });
}

/** Runs one node on tensors; gives new tensors, its outputs. The active backend's kernels do it. */
export function runNode(node: Node, inputs: readonly tf.Tensor[], options: InterpretOptions = {}): tf.Tensor[] {
  if (node.body) return runGraph(node.body, inputs, options);
  const operation = Object.hasOwn(vocabulary, node.op) ? vocabulary[node.op] : undefined;
  if (!operation) return runPrimitive(node, inputs, options);
  const special = specials[node.op];
  if (special) return [tf.tidy(() => special(inputs, node.attributes))];
  const [kernel, attributes] = kernelCall(node);
  const named = operation.inputs === 'list' ? inputs : pairs(operation.inputs, inputs);
  const result = tf.engine().runKernel(kernel, named as tf.NamedTensorMap, attributes) as tf.Tensor | tf.Tensor[];
  return Array.isArray(result) ? result : [result];
}

/** Runs `f` with the CPU kernels active, then restores tfjs' backend. */
export function onCpu<T>(f: () => T): T {
  if (activeRecorder()) throw new GptError('trace/nested', 'a graph cannot run inside a trace');
  return onTraceBackend(f);
}

export function tensorOf(data: HostArray, { shape, dtype }: Pick<Value, 'shape' | 'dtype'>): tf.Tensor {
  return tf.tensor(data, [...shape], dtype);
}

function runGraph(graph: Graph, inputs: readonly tf.Tensor[], options: InterpretOptions): tf.Tensor[] {
  const tensors = new Map<number, tf.Tensor>();
  const own = (value: Value, tensor: tf.Tensor) => {
    tensors.set(value.id, tensor);
  };
  // Clones, so that a tensor may be disposed of after its last use wherever it came from.
  graph.inputs.forEach(({ value }, index) => {
    own(value, inputs[index]!.clone());
  });
  for (const { value, data } of graph.constants) own(value, tensorOf(data, value));
  const lastUse = new Map<number, number>();
  graph.nodes.forEach((node, index) => {
    for (const { id } of node.inputs) lastUse.set(id, index);
  });
  for (const { value } of graph.outputs) lastUse.set(value.id, graph.nodes.length);

  graph.nodes.forEach((node, index) => {
    const results = runNode(
      node,
      node.inputs.map(({ id }) => tensors.get(id)!),
      options,
    );
    node.outputs.forEach((value, i) => {
      const result = results[i]!;
      if (!sameShape(result.shape, value.shape) || result.dtype !== value.dtype)
        throw new GptError(
          'trace/graph',
          `${node.op} gave ${result.dtype}[${result.shape}], its node says ${value.dtype}[${value.shape}]`,
        );
      own(value, result);
    });
    for (const { id } of [...node.inputs, ...node.outputs]) {
      if ((lastUse.get(id) ?? -1) > index) continue;
      tensors.get(id)?.dispose();
      tensors.delete(id);
    }
  });
  const outputs = graph.outputs.map(({ value }) => tensors.get(value.id)!.clone());
  for (const tensor of tensors.values()) tensor.dispose();
  return outputs;
}

function runPrimitive(node: Node, inputs: readonly tf.Tensor[], options: InterpretOptions): tf.Tensor[] {
  const run = options.primitives?.[node.op]?.(node) ?? primitiveRun(node);
  if (!run)
    throw new GptError('trace/primitive', `${node.op} is not in the vocabulary and has no definition here`, {
      hint: 'pass it in options.primitives',
    });
  return run(...inputs);
}

type Special = (inputs: readonly tf.Tensor[], attributes: Attributes) => tf.Tensor;

/** Operations that tfjs has no kernel for, or a narrower one. */
const specials: Readonly<Record<string, Special>> = {
  BroadcastTo: ([x], attributes) => tf.broadcastTo(x!, [...numbersOf(attributes, 'shape')] as [number]),
  Select: ([condition, t, e]) => tf.where(condition!, t!, e!),
  // The CPU kernel repeats leading axes wrongly where both sides broadcast.
  BatchMatMul: ([a, b], { transposeA, transposeB }) => {
    const lead = tf.broadcast_util.assertAndGetBroadcastShape(a!.shape.slice(0, -2), b!.shape.slice(0, -2));
    const wide = (x: tf.Tensor) => tf.broadcastTo(x, [...lead, ...x.shape.slice(-2)] as [number]);
    return tf.matMul(wide(a!), wide(b!), Boolean(transposeA), Boolean(transposeB));
  },
};

/** The kernel and its attributes as tfjs names them. */
function kernelCall({ op, attributes }: Node): [string, tf.NamedAttrMap] {
  const own = attributes as tf.NamedAttrMap;
  if (op === 'Max') return [op, { reductionIndices: own['axis']!, keepDims: own['keepDims']! }];
  if (op === 'PadV2' || op === 'MirrorPad') {
    const after = numbersOf(attributes, 'after');
    const paddings = numbersOf(attributes, 'before').map((count, axis) => [count, after[axis]!]);
    return [op, { ...own, paddings }];
  }
  if (op === 'StridedSlice')
    return [op, { ...own, beginMask: 0, endMask: 0, ellipsisMask: 0, newAxisMask: 0, shrinkAxisMask: 0 }];
  return [op, own];
}

function pairs(names: readonly string[], inputs: readonly tf.Tensor[]): tf.NamedTensorMap {
  return Object.fromEntries(names.map((name, index) => [name, inputs[index]!]));
}
