// The typed graph that a trace records and an engine compiles: static shapes, tfjs kernel names as the vocabulary,
// and composite nodes that carry their own plain definition. Knows nothing of tfjs' runtime or of any engine.

export type DType = 'float32' | 'int32' | 'bool';
export type HostArray = Float32Array | Int32Array | Uint8Array;
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** A tensor in the graph. It has exactly one producer; `id` is unique within its graph. */
export interface Value extends TensorSpec {
  readonly id: number;
}

export type Attribute = number | boolean | string | readonly number[];
export type Attributes = Readonly<Record<string, Attribute>>;

/**
 * One operation. `op` is a tfjs kernel name ('BatchMatMul', 'Add') with tfjs' attributes made complete (no negative
 * axes, no default omitted), or the name of a composite ('LayerNorm'), which then has a `body`, or of a primitive of
 * our own, which has none and which every engine must lower ('Bernoulli').
 */
export interface Node {
  readonly op: string;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly attributes: Attributes;
  /** A composite's plain definition: a graph whose inputs are this node's inputs and whose outputs are its outputs. */
  readonly body?: Graph;
}

export interface Constant {
  readonly value: Value;
  readonly data: HostArray;
}

export interface Port {
  readonly name: string;
  readonly value: Value;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly Port[];
  readonly constants: readonly Constant[];
  /** In an order in which every value is produced before it is used. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly Port[];
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}
