// A graph of ours as the bytes of an ONNX model. Knows the format and the operators, not the runtime.
import { GptError } from '../../errors.js';
import type { Constant, Graph, Value } from '../../trace/graph.js';
import type { Weights } from '../host-weights.js';
import type { Device } from '../types.js';
import { composites } from './composites/index.js';
import { elementwise } from './lowerings/elementwise.js';
import { fences } from './lowerings/fence.js';
import { indexing } from './lowerings/indexing.js';
import type { Lowerings } from './lowerings/lowering.js';
import { products } from './lowerings/products.js';
import { random } from './lowerings/random.js';
import { reductions } from './lowerings/reductions.js';
import { shapes } from './lowerings/shapes.js';
import { type Unpack, unpackByOperator } from './unpacked.js';
import { webgpuLacks, webgpuLowerings } from './webgpu/lowerings.js';
import { floatWeight, type HeldWeights, lowerQuantized } from './weights.js';
import { type ExternalData, type FedArray, type Locate, type Name, OnnxWriter } from './writer.js';

/** Every operation that onnxruntime is given, by name. */
export const lowerings: Lowerings = {
  ...elementwise,
  ...reductions,
  ...products,
  ...shapes,
  ...indexing,
  ...random,
  ...fences,
  ...composites,
};

/** Composites to be left whole by passes that inline. */
export const kept: ReadonlySet<string> = new Set(Object.keys(composites));

export interface Lowered {
  readonly model: Uint8Array;
  /** Names in the model for the graph's inputs and outputs, by their names in the graph. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly outputs: ReadonlyMap<string, string>;
  readonly nodeCount: number;
  /** Names of nodes that are better left on the CPU. */
  readonly cpuNodes: readonly string[];
  /** What the model refers to; it must stay where it is while the model is compiled. */
  readonly external: readonly ExternalData[];
  /** What the model reads besides the graph's inputs. */
  readonly fed: readonly FedArray[];
}

/** How operations are written for what will compute them. */
export interface Dialect {
  readonly lowerings: Lowerings;
  /** Operators to do without, where their use is a choice. */
  readonly lacks?: ReadonlySet<string>;
  /** How a packed matrix becomes float32 numbers. Default: by onnxruntime's operator. */
  readonly unpack?: Unpack;
  /** Where the model says that weights lie. */
  readonly locate?: Locate;
}

/** Of the devices that take some operations in another way than the CPU. */
const dialects: Partial<Record<Device, Dialect>> = {
  webgpu: { lowerings: { ...lowerings, ...webgpuLowerings(lowerings) }, lacks: webgpuLacks },
};

/**
 * Writes a graph whose composites, but those in `kept`, have been inlined.
 * @throws GptError `onnx/op` for an operation that has no lowering
 */
export function lower(graph: Graph, device: Device = 'cpu', weights?: Weights): Lowered {
  return lowerAs(graph, dialects[device] ?? { lowerings }, weights);
}

/**
 * As `lower`, in a dialect.
 * @param weights inputs of the graph that become constants of the model, or inputs in 8 or 4 bits
 */
export function lowerAs(graph: Graph, dialect: Dialect, weights: Weights = new Map()): Lowered {
  const onnx = new OnnxWriter(dialect.lacks, dialect.locate);
  const names = new Map<Value['id'], Name>();
  const fed = graph.inputs.filter(({ name }) => !weights.has(name));
  const inputs = fed.map((port, i) => ({ ...port, onnxName: `in${i}` }));
  for (const { value, onnxName } of inputs) names.set(value.id, onnxName);
  const held: HeldWeights = new Map(
    graph.inputs.flatMap(({ name, value }) => (weights.has(name) ? [[value.id, { name, ...weights.get(name)! }]] : [])),
  );
  lowerInto(onnx, graph, dialect, names, held);
  const outputs = graph.outputs.map((port, i) => ({ ...port, onnxName: `out${i}` }));
  // Through Identity nodes, which onnxruntime removes where it can: an output may be an input, a constant, or twice.
  for (const { value, onnxName } of outputs) onnx.alias(names.get(value.id)!, onnxName);

  type Named = { readonly value: Value; readonly onnxName: string };
  const port = ({ value, onnxName }: Named) => ({ name: onnxName, type: value.dtype, shape: value.shape });
  return {
    model: onnx.finish(graph.name, inputs.map(port), outputs.map(port)),
    inputs: new Map(inputs.map(({ name, onnxName }) => [name, onnxName])),
    outputs: new Map(outputs.map(({ name, onnxName }) => [name, onnxName])),
    nodeCount: onnx.nodeCount,
    cpuNodes: onnx.cpuNodes,
    external: onnx.external,
    fed: onnx.fed,
  };
}

function lowerInto(
  onnx: OnnxWriter,
  graph: Graph,
  { lowerings: table, unpack = unpackByOperator }: Dialect,
  names: Map<Value['id'], Name>,
  held: HeldWeights,
): void {
  const nameOf = (value: Value): Name => names.get(value.id) ?? floatWeight(onnx, value, held.get(value.id)!, unpack);
  for (const constant of graph.constants) names.set(constant.value.id, lowerConstant(onnx, constant));
  for (const node of graph.nodes) {
    const lowering = Object.hasOwn(table, node.op) ? table[node.op] : undefined;
    if (!lowering) throw new GptError('onnx/op', `the onnx engine cannot compute ${node.op}`);
    const results = lowerQuantized(onnx, node, held, { nameOf, lowering, unpack });
    node.outputs.forEach((value, i) => {
      names.set(value.id, results[i]!);
    });
  }
}

function lowerConstant(onnx: OnnxWriter, { value, data }: Constant): Name {
  if (data.length === 1) return onnx.single(data[0]!, value.dtype, value.shape);
  return onnx.constant(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), value.dtype, value.shape);
}
