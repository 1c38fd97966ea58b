// Dropout (Srivastava et al. 2014) whose mask is a pure function of (seed, step, place), on every engine the same.
//
//   Bernoulli  seed int32 [], step int32 [], row int32 []?  -> bool `shape`, false with probability rate
//                                               { place, rate, shape, first?, strides?, rowSize? }
//
// A primitive: the element at [i, j, ...] is maskBits(key)(row rowSize + first + i strides[0] + j strides[1] + ...) >=
// maskThreshold(rate) (rng.ts) with key = hash32(stream.dropout, place, seed, step). Without row and first: from 0. Without
// strides: row-major. The last stride is 1. The hash folds its words in order, so with prefix = hash32(stream.dropout, place),
// known when the graph is made, key = mix32(mix32(prefix ^ seed) ^ step).
import { hash32, maskBits, maskThreshold, stream } from '../rng.js';
import * as tf from '../tf.js';
import { primitive } from '../trace/composite.js';
import { sizeOf } from '../trace/graph.js';
import { check } from './check.js';

type Tensor = tf.Tensor;

/** What a mask depends on besides its place in the model. All tensors int32 scalars; `step` counts whole batches. */
export interface DropoutKey {
  readonly seed: Tensor;
  readonly step: Tensor;
  /** Where the rows are only some of a larger batch's: which is the first, and how many there are here. Default: all rows. */
  readonly rows?: { readonly first: Tensor; readonly count: number };
}

/** Where a tensor lies in a larger one. */
export interface Window {
  readonly of: readonly number[];
  readonly origin: readonly number[];
}

const stridesOf = (shape: readonly number[]) => shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));

function draw(key: number, rate: number, shape: readonly number[], first: number, strides: readonly number[]): Tensor {
  const starts = shape
    .slice(0, -1)
    .reduce(
      (counters, length, axis) =>
        counters.flatMap((counter) => Array.from({ length }, (_, i) => counter + i * strides[axis]!)),
      [first],
    );
  const width = shape.at(-1) ?? 1;
  const [bitsAt, threshold] = [maskBits(key), maskThreshold(rate)];
  const data = new Uint8Array(starts.length * width);
  for (const [row, start] of starts.entries())
    for (let column = 0; column < width; column++) data[row * width + column] = +(bitsAt(start + column) >= threshold);
  return tf.tensor(data, [...shape], 'bool');
}

export interface Dropout {
  /** In [0, 1). */
  readonly rate: number;
  readonly key: DropoutKey;
  /** Names one use in the model; two uses with one place get the same mask. */
  readonly place: number;
}

/**
 * bool: false with probability `rate`. A batch's rows lie one after the other: some of them get what they get when the whole
 * batch is computed at once.
 * @param window of a larger tensor, whose mask there it gets
 */
export function keptAtRandom(shape: readonly number[], { rate, key, place }: Dropout, window?: Window): Tensor {
  const { seed, step, rows } = key;
  if (!(rate >= 0 && rate < 1)) throw new Error(`dropout: rate must be in [0, 1), is ${rate}`);
  check('dropout: seed', seed, [], 'int32');
  check('dropout: step', step, [], 'int32');
  if (rows) check('dropout: first row', rows.first, [], 'int32');
  const outputs = [{ shape, dtype: 'bool' as const }];
  const { of, origin } = window ?? { of: shape, origin: shape.map(() => 0) };
  const strides = stridesOf(of);
  const first = origin.reduce((sum, at, axis) => sum + at * strides[axis]!, 0);
  const rowSize = rows ? sizeOf(of) / rows.count : 0;
  const attributes = {
    ...{ place, rate, shape },
    ...(first > 0 && { first }),
    ...(window && { strides }),
    ...(rows && { rowSize }),
  };
  const given = rows ? [seed, step, rows.first] : [seed, step];
  const [kept] = primitive('Bernoulli', given, attributes, outputs, (...inputs) => {
    const [seedValue, stepValue, row = 0] = inputs.map((input) => input.dataSync()[0]!);
    return [draw(hash32(stream.dropout, place, seedValue!, stepValue!), rate, shape, row * rowSize + first, strides)];
  });
  return kept!;
}

/**
 * A dropout mask: 0 with probability `rate`, else 1 / (1 - rate).
 * @param rate in [0, 1)
 */
export function dropoutMask(shape: readonly number[], rate: number, key: DropoutKey, place: number): Tensor {
  return tf.mul(tf.cast(keptAtRandom(shape, { rate, key, place }), 'float32'), 1 / (1 - rate));
}

/**
 * x with a part of its elements set to 0 and the rest scaled up, so that the expectation stays.
 * Returns x itself when the rate is 0 or there is no key (outside training).
 */
export function dropout(x: Tensor, rate: number, key: DropoutKey | undefined, place: number): Tensor {
  if (rate === 0 || !key) return x;
  return tf.mul(x, dropoutMask(x.shape, rate, key, place));
}
