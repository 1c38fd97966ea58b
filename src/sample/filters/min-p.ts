// `--min-p`: a threshold that follows the most likely token.
import { real } from '../../config/setting.js';
import { type Filter, keep, maximum } from './filter.js';

export const minPSetting = real({
  min: 0,
  max: 1,
  default: 0,
  help: "only tokens with at least this share of the top token's probability",
});

/** Keeps tokens whose probability is at least `share` of the likeliest one's (Nguyen et al. 2024). 0 keeps all. */
export function minP(share: number): Filter {
  return (logits) => {
    if (share === 0) return logits;
    const threshold = maximum(logits) + Math.log(share); // p >= share * max p, without the exponentials
    return keep(logits, (logit) => logit >= threshold);
  };
}
