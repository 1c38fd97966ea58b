// `--top-k`: the most likely tokens alone.
import { integer } from '../../config/setting.js';
import { type Filter, keep, NEVER } from './filter.js';

export const topKSetting = integer({ min: 0, default: 0, help: 'sample from the n most likely tokens; 0: all' });

/** Keeps the `count` largest logits and what equals the smallest of them. 0 keeps all. */
export function topK(count: number): Filter {
  return (logits) => {
    if (count === 0 || count >= logits.length) return logits;
    const threshold = kthLargest(logits, count);
    return keep(logits, (logit) => logit >= threshold);
  };
}

/** In one pass for the usual small `k`: the best so far are kept in order. */
function kthLargest(values: Float32Array, k: number): number {
  if (k > 1024) return Float32Array.from(values).sort()[values.length - k]!;
  const best = new Float32Array(k).fill(NEVER); // falling
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value <= best[k - 1]!) continue;
    let at = k - 1;
    for (; at > 0 && best[at - 1]! < value; at--) best[at] = best[at - 1]!;
    best[at] = value;
  }
  return best[k - 1]!;
}
