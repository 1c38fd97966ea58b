// How the values of a parameter are distributed.

export interface Distribution {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation. */
  readonly deviation: number;
  /** Values that are NaN or infinite; they do not count elsewhere. */
  readonly nonFinite: number;
  /** Counts in bins of equal width from `min` to `max`. */
  readonly bins: readonly number[];
}

export function distributionOf(values: Float32Array, bins = 41): Distribution {
  let [min, max, sum, squares, count] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    squares += value * value;
    count++;
  }
  const counts = new Array<number>(bins).fill(0);
  const scale = max > min ? bins / (max - min) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isFinite(value)) counts[Math.min(bins - 1, Math.floor((value - min) * scale))]!++;
  }
  const mean = sum / count; // NaN where nothing is finite
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { min, max, mean, deviation, nonFinite: values.length - count, bins: counts };
}
