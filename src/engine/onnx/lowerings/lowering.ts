// How an operation of our graphs is written in ONNX.
import type { Node } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';

/** Writes what computes the node; gives a name for each of its outputs. */
export type Lowering = (onnx: OnnxWriter, inputs: readonly Name[], node: Node) => readonly Name[];
export type Lowerings = Readonly<Record<string, Lowering>>;

/** One ONNX operator with the same inputs and no attributes. */
export function same(opType: string): Lowering {
  return (onnx, inputs) => [onnx.op(opType, inputs)];
}

export function numbers(node: Node, key: string): readonly number[] {
  return node.attributes[key] as readonly number[];
}

export function number(node: Node, key: string): number {
  return node.attributes[key] as number;
}

export function flag(node: Node, key: string): 0 | 1 {
  return node.attributes[key] ? 1 : 0;
}

/** [0, 1, ..., length - 1] */
export function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
