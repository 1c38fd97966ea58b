// The definitions of primitives met in traces, so that the plain interpreter can run a graph that holds them. A
// definition belongs to an operation with its attributes, inputs' and outputs' specs: it is a pure function of those.
import type { Tensor } from '../tf.js';
import type { Attributes, TensorSpec } from './graph.js';

export type PrimitiveRun = (...inputs: Tensor[]) => Tensor[];

interface Signature {
  readonly op: string;
  readonly inputs: readonly TensorSpec[];
  readonly attributes: Attributes;
  readonly outputs: readonly TensorSpec[];
}

const definitions = new Map<string, PrimitiveRun>();

export function definePrimitive(signature: Signature, run: PrimitiveRun): void {
  definitions.set(keyOf(signature), run);
}

/** The definition that a trace in this process met; undefined for a graph from elsewhere. */
export function primitiveRun(signature: Signature): PrimitiveRun | undefined {
  return definitions.get(keyOf(signature));
}

function keyOf({ op, inputs, attributes, outputs }: Signature): string {
  const spec = ({ shape, dtype }: TensorSpec) => `${dtype}[${shape}]`;
  return JSON.stringify([op, inputs.map(spec), Object.entries(attributes).sort(), outputs.map(spec)]);
}
