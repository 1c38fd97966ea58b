// `--logit-bias`: what is added to the logits of single tokens.
import type { Filter } from './filter.js';

/** Adds to logits before any other filter. @param biases by id; ids that the model has no row for are ignored */
export function bias(biases: ReadonlyMap<number, number>): Filter {
  return (logits) => {
    if (biases.size === 0) return logits;
    const changed = Float32Array.from(logits);
    for (const [id, value] of biases) if (id < changed.length) changed[id]! += value;
    return changed;
  };
}
