// Which arrays Muon updates, and how many matrices each of them is: the only place that knows.
import type { OptimizedArray } from '../types.js';

/** A weight of a block's linear layer, by GPT-2's names; no adapter. */
const blockMatrix = /^h\.\d+\.(attn|mlp)\.\w+\.weight$/;
/** Query, key and value side by side: [C, 3C]. */
const fused = /^h\.\d+\.attn\.c_attn\.weight$/;

/** The matrices of equal width that stand side by side in an array; 0: the array is not for Muon. */
export function matricesIn({ name, shape }: OptimizedArray): number {
  if (shape.length !== 2 || !blockMatrix.test(name)) return 0;
  return fused.test(name) ? 3 : 1;
}
