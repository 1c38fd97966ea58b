// Of a batch of instructions only the tokens of the answers have a loss: under half of all places. Which they are, and for how
// many of them a program has to have room. Only their hidden states need be projected to the vocabulary.
import { ignored } from '../batches.js';
import { type Encoded, longestOf } from './encode.js';
import type { PaddedBatch } from './padded.js';

/** Tokens of an example that have a loss. */
export function countOf({ targets }: Encoded): number {
  let count = 0;
  for (const target of targets) if (target >= 0) count++;
  return count;
}

/** A batch above this share of places with a loss is computed whole. */
const worthwhile = 0.9;

/** Standard deviations above the mean: of normal sums one in 30,000 is larger. */
const margin = 4;

/**
 * For each length of batches the most answer tokens that its program takes: as many as nearly all batches have, and for
 * the longest as many as any can have. A batch with more goes to a longer program. Lengths where this saves nothing are
 * not counted: their programs take all.
 * @param lengths of batches, ascending
 */
export function answerLimits(
  examples: readonly Encoded[],
  lengths: readonly number[],
  batchSize: number,
): Map<number, number> {
  const counted = examples.map((example) => ({ tokens: longestOf(example), answers: countOf(example) }));
  const limits = new Map<number, number>();
  for (const [i, length] of lengths.entries()) {
    const fitting = counted.filter(({ tokens }) => tokens <= length);
    const own = fitting.filter(({ tokens }) => tokens > (lengths[i - 1] ?? 0)).map(({ answers }) => answers);
    const mean = sum(own) / own.length;
    const deviation = Math.sqrt(sum(own.map((count) => (count - mean) ** 2)) / own.length);
    const usual = batchSize * mean + margin * deviation * Math.sqrt(batchSize);
    const most = sum(
      fitting
        .map(({ answers }) => answers)
        .sort((a, b) => b - a)
        .slice(0, batchSize),
    );
    const isLongest = i === lengths.length - 1;
    const limit = Math.ceil((isLongest ? most : Math.min(usual, most)) / 8) * 8;
    if (limit <= worthwhile * batchSize * length) limits.set(length, limit);
  }
  return limits;
}

/**
 * The places with a target, and the targets there: `places` int32 [K], row b*T + t of each, and `targets` [K]; -1, and
 * place 0, where there are fewer.
 * @param limit K
 */
export function answersOf({ targets }: PaddedBatch, limit: number): { places: Int32Array; targets: Int32Array } {
  const places = new Int32Array(limit);
  const found = new Int32Array(limit).fill(ignored);
  let count = 0;
  for (const [place, target] of targets.entries()) {
    if (target < 0) continue;
    if (count === limit) throw new RangeError(`more than ${limit} tokens of the batch have a loss`);
    places[count] = place;
    found[count++] = target;
  }
  return { places, targets: found };
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
