// What an operation of the vocabulary is, and shape rules that many share.
import type { Attributes, DType, TensorSpec } from '../graph.js';
import { demand } from '../shapes.js';

export type Specs = readonly TensorSpec[];

export interface Operation {
  /** Names of the inputs as tfjs' kernel knows them, or 'list' for one list of any length above zero. */
  readonly inputs: readonly string[] | 'list';
  /** Every attribute, with what it holds. */
  readonly attributes: Readonly<Record<string, string>>;
  /** What it computes, where the name does not say. */
  readonly note?: string;
  /** Output shapes and dtypes; throws `trace/shape` or `trace/dtype`. */
  readonly infer: (inputs: Specs, attributes: Attributes) => TensorSpec[];
}

/** The one input of most. */
export const x = ['x'] as const;
export const ab = ['a', 'b'] as const;

/** The input's shape; its dtype one of these, the result's the same or `result`. */
export const keepShape = (dtypes: readonly DType[], result?: DType) => (inputs: Specs) => {
  demand(inputs, ...dtypes);
  return [{ shape: inputs[0]!.shape, dtype: result ?? inputs[0]!.dtype }];
};

export const float = keepShape(['float32']);
export const numeric = keepShape(['float32', 'int32']);

/** One rule under several names. */
export function table(names: string, operation: Operation): Record<string, Operation> {
  return Object.fromEntries(names.split(' ').map((name) => [name, operation]));
}
