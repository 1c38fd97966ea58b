// How the values of an array are distributed, in the buckets that TensorFlow has: their ends grow by a tenth from 1e-12 on, on
// both sides of 0.
import type { HistogramMessage } from './messages.js';

const smallest = 1e-12;
const growth = 1.1;
const most = 1e20;
/** Buckets on one side of 0. */
const side = Math.ceil(Math.log(most / smallest) / Math.log(growth)) + 1;
const perE = 1 / Math.log(growth);

/** Upper end of bucket `index`; bucket 0 is that around 0, of values below 1e-12. */
function limit(index: number): number {
  return index >= 0 ? smallest * growth ** index : -smallest * growth ** (-index - 1);
}

function bucketOf(value: number): number {
  const size = Math.abs(value);
  if (size < smallest) return 0;
  const index = Math.min(side, 1 + Math.floor(Math.log(size / smallest) * perE));
  return value > 0 ? index : -index;
}

/** Undefined where no value is finite; values that are not finite do not count. */
export function histogramOf(values: Float32Array): HistogramMessage | undefined {
  const counts = new Float64Array(2 * side + 1);
  let [min, max, num, sum, sumSquares] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    num++;
    sum += value;
    sumSquares += value * value;
    if (value < min) min = value;
    if (value > max) max = value;
    counts[bucketOf(value) + side]!++;
  }
  if (num === 0) return undefined;
  const [first, last] = [bucketOf(min), bucketOf(max)];
  const indices = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  return {
    ...{ min, max, num, sum, sumSquares },
    bucketLimit: indices.map(limit),
    bucket: indices.map((index) => counts[index + side]!),
  };
}
