// How an operation of our graphs is written in ONNX.
import type { Node } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';

export { firstCounter, mirroredPlaces, number, numbers, range, rowCounters } from '../../attributes.js';

/** Writes what computes the node; gives a name for each of its outputs. */
export type Lowering = (onnx: OnnxWriter, inputs: readonly Name[], node: Node) => readonly Name[];
export type Lowerings = Readonly<Record<string, Lowering>>;

/** One ONNX operator with the same inputs and no attributes. */
export function same(opType: string): Lowering {
  return (onnx, inputs) => [onnx.op(opType, inputs)];
}

export function flag(node: Node, key: string): 0 | 1 {
  return node.attributes[key] ? 1 : 0;
}
