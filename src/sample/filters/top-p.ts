// `--top-p`: nucleus sampling.
import { real } from '../../config/setting.js';
import { type Filter, keep, softmax } from './filter.js';

export const topPSetting = real({
  above: 0,
  max: 1,
  default: 1,
  help: 'nucleus sampling: the most likely tokens up to this total probability',
});

/**
 * Nucleus sampling (Holtzman et al. 2019): keeps the likeliest tokens until their probabilities add up to `share`, the
 * one that reaches it included. Of equal tokens the lower id goes first.
 */
export function topP(share: number): Filter {
  return (logits) => {
    if (share >= 1) return logits;
    const weights = softmax(logits);
    // Tokens below this cannot be needed: together they have less than what may be dropped.
    const cutoff = (1 - share) / logits.length;
    const candidates = [...weights.keys()].filter((id) => weights[id]! >= cutoff);
    const order = candidates.sort((a, b) => weights[b]! - weights[a]! || a - b);
    const kept = new Uint8Array(logits.length);
    let sum = 0;
    for (const id of order) {
      kept[id] = 1;
      sum += weights[id]!;
      if (sum >= share) break;
    }
    return keep(logits, (_, id) => kept[id] === 1);
  };
}
