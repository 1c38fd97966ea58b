// What the update of one array is written with.
import type { OptimizedArray, UpdateRule } from '../../../optimizer/index.js';
import type { BoundWriter } from '../bound.js';
import type { Variable } from '../variable.js';
import type { Ref } from '../writer.js';

/** The same for all arrays of a step. */
export interface CommonUpdate {
  /** bool []: false leaves everything as it is. */
  readonly ok: Ref;
  /** []: what gradients are multiplied with. */
  readonly gradientScale: Ref;
}

export interface ArrayUpdate {
  readonly rule: UpdateRule;
  readonly array: OptimizedArray;
  readonly gradient: Ref;
  /** `parameter`, or a slot. */
  variable(slot: string): Variable;
  /** [] each. */
  readonly scalars: ReadonlyMap<string, Ref>;
  /** As float32 numbers. */
  readonly constants: Readonly<Record<string, number>>;
}

/** Begins the updates of a step; what it gives is called for one array after the other. */
export type UpdateWriter = (writer: BoundWriter, common: CommonUpdate) => (array: ArrayUpdate) => void;
