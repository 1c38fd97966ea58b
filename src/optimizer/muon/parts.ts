// Which arrays Muon updates, and which matrices each of them joins: the only place that decides.
import type { OptimizedArray } from '../types.js';

export function isForMuon({ shape, role }: OptimizedArray): boolean {
  return shape.length === 2 && role === 'matrix';
}

export interface Parts {
  readonly axis: 0 | 1;
  /** Of each matrix, along the axis. */
  readonly widths: readonly number[];
}

/** Queries, keys and values in one array are matrices of their own. An array is [in, out] unless it says otherwise. */
export function partsOf({ shape, outputAxis: axis = 1, joins }: OptimizedArray): Parts {
  return { axis, widths: joins ?? [shape[axis]!] };
}
