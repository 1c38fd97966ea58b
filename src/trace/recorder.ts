// PLACEHOLDER until the tracer lands (helper "trace"): no trace is ever active.
import type { Tensor } from '../tf.js';
import type { Attributes, TensorSpec } from './graph.js';

export interface Recorder {
  composite(
    op: string,
    inputs: readonly Tensor[],
    attributes: Attributes,
    plain: (...inputs: Tensor[]) => Tensor[],
  ): Tensor[];
  primitive(op: string, inputs: readonly Tensor[], attributes: Attributes, outputs: readonly TensorSpec[]): Tensor[];
}

export function activeRecorder(): Recorder | undefined {
  return undefined;
}
