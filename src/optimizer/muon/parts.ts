// Which arrays Muon updates, and which matrices each of them joins: the only place that decides.
import type { OptimizedArray } from '../types.js';

/** A weight of a block's linear layer by GPT-2's names, where an array does not say its role; no adapter. */
const blockMatrix = /^h\.\d+\.(attn|mlp)\.\w+\.weight$/;

export function isForMuon({ name, shape, role }: OptimizedArray): boolean {
  if (shape.length !== 2) return false;
  return role === undefined ? blockMatrix.test(name) : role === 'matrix';
}

export interface Parts {
  readonly axis: 0 | 1;
  /** Of each matrix, along the axis. */
  readonly widths: readonly number[];
}

/** What an array does not say is [in, out], and query, key and value side by side where it is three times as wide as high. */
export function partsOf({ shape, role, outputAxis: axis = 1, joins }: OptimizedArray): Parts {
  const [rows, columns] = shape as [number, number];
  if (joins) return { axis, widths: joins };
  const fused = role === undefined && columns === 3 * rows;
  return fused ? { axis, widths: [rows, rows, rows] } : { axis, widths: [shape[axis]!] };
}
