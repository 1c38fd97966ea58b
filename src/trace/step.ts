// The unit of tracing: what a model hands to an engine.
import type { Tensor, Variable } from '../tf.js';
import type { TensorSpec } from './graph.js';

/**
 * tfjs code as an engine takes it: a pure function of its named inputs and of the variables it reads.
 * `run` is called once to be traced, or for every batch by the eager engine.
 */
export interface StepFunction {
  readonly name: string;
  readonly inputs: Readonly<Record<string, TensorSpec>>;
  /** By parameter name. Their tfjs values are placeholders: the engine binds them to the state. */
  readonly variables: ReadonlyMap<string, Variable>;
  /** Run so often, on so few rows, that reading and packing the variables takes most of its time: decoding. */
  readonly repeated?: boolean;
  readonly run: (inputs: Record<string, Tensor>) => Record<string, Tensor>;
}
