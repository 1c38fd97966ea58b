// `--repetition-penalty`: less of what occurred.
import { real } from '../../config/setting.js';
import type { Filter } from './filter.js';

export const repetitionPenaltySetting = real({
  min: 0.001,
  max: 1000,
  default: 1,
  help: 'above 1: tokens that already occurred become less likely',
});

/**
 * Makes tokens that occurred less likely (CTRL, Keskar et al. 2019): a positive logit is divided by the penalty, a
 * negative one multiplied; once, however often the token occurred.
 */
export function repetitionPenalty(penalty: number): Filter {
  return (logits, { history }) => {
    if (penalty === 1) return logits;
    const changed = Float32Array.from(logits);
    for (const id of new Set(history)) {
      const logit = logits[id];
      if (logit !== undefined) changed[id] = logit < 0 ? logit * penalty : logit / penalty;
    }
    return changed;
  };
}
