// `--temperature`: sharper or flatter probabilities.
import { real } from '../../config/setting.js';
import { type Filter, maximum } from './filter.js';

export const temperatureSetting = real({ min: 0, default: 0.8, help: 'sampling temperature; 0: greedy' });

/** Divides the logits: below 1 sharpens, above 1 flattens. `value` > 0. */
export function temperature(value: number): Filter {
  return (logits) => {
    if (value === 1) return logits;
    const largest = maximum(logits); // subtracted first, so that a tiny temperature cannot overflow
    return logits.map((logit) => (logit - largest) / value);
  };
}
