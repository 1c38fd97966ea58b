import * as tf from '../tf.js';
import { cachedAttention, pastMask, windowMask } from './cached-attention.js';
import { causalAttention } from './causal-attention.js';

const values = (x: tf.Tensor) => Array.from(x.dataSync());

/** [B*T, 3C] with numbers that differ everywhere. */
const rows = (batch: number, time: number, channels: number) =>
  tf.tensor2d(
    Float32Array.from({ length: batch * time * 3 * channels }, (_, i) => Math.sin(i * 1.7)),
    [batch * time, 3 * channels],
  );

/** Keys or values of the first `count` positions as [1, H, R, D], the room behind filled with `rest`. */
function kept(qkv: tf.Tensor, part: 1 | 2, count: number, shape: { heads: number; width: number; room: number }) {
  const { heads, width, room } = shape;
  const channels = heads * width;
  const own = tf.slice(qkv, [0, part * channels], [count, channels]).reshape([count, heads, width]);
  const rest = tf.fill([room - count, heads, width], 7);
  return tf.transpose(tf.concat([own, rest], 0), [1, 0, 2]).expandDims(0);
}

test('the last row of causal attention, whatever stands in the room behind', () => {
  const [time, heads, width] = [5, 2, 3];
  const qkv = rows(1, time, heads * width);
  const whole = causalAttention(qkv, { batch: 1, time, heads });
  for (const room of [4, 9]) {
    const shape = { heads, width, room };
    const past = {
      keys: kept(qkv, 1, time - 1, shape),
      values: kept(qkv, 2, time - 1, shape),
      mask: pastMask(tf.tensor1d([time - 1], 'int32'), room),
    };
    const last = cachedAttention(tf.slice(qkv, [time - 1, 0], [1, -1]), past);
    const expected = values(tf.slice(whole, [time - 1, 0], [1, -1]));
    values(last).forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i]!, 5);
    });
  }
});

test('without a past the new position attends to itself alone', () => {
  const none = {
    keys: tf.ones([1, 1, 2, 2]),
    values: tf.fill([1, 1, 2, 2], 9),
    mask: pastMask(tf.tensor1d([0], 'int32'), 2),
  };
  expect(values(cachedAttention(tf.tensor2d([[1, 2, 3, 4, 5, 6]]), none))).toEqual([5, 6]);
});

test('worked by hand: equal scores share alike, so the result is the mean of the values', () => {
  const past = {
    keys: tf.zeros([1, 1, 3, 1]),
    values: tf.tensor4d([2, 4, 100], [1, 1, 3, 1]),
    mask: pastMask(tf.tensor1d([2], 'int32'), 3),
  };
  expect(values(cachedAttention(tf.tensor2d([[5, 0, 9]]), past))[0]).toBeCloseTo((2 + 4 + 9) / 3, 5);
});

test('examples of a batch have lengths of their own', () => {
  expect(values(pastMask(tf.tensor1d([1, 3], 'int32'), 3)).map((x) => x === 0)).toEqual([
    true,
    false,
    false,
    true,
    true,
    true,
  ]);
});

/** The places that count, for each new position of each example. */
const counted = (mask: tf.Tensor) => {
  const [batch, , time, room] = mask.shape as [number, number, number, number];
  const all = values(mask);
  return Array.from({ length: batch * time }, (_, row) =>
    Array.from({ length: room }, (_, place) => place).filter((place) => all[row * room + place] === 0),
  );
};
const int = (...numbers: number[]) => tf.tensor1d(numbers, 'int32');

test('a window reaches back as many positions as it has, less with each new one', () => {
  // Positions 0 to 3 are kept, the new ones are 4, 5 and 6: they see 2..4, 3..5 and 4..6.
  expect(counted(windowMask(int(4), int(4), { room: 6, time: 3, window: 3 }))).toEqual([[2, 3], [3], []]);
  // Nothing is kept in the first example; in the second all is nearer than the window.
  expect(counted(windowMask(int(0, 2), int(0, 2), { room: 4, time: 1, window: 4 }))).toEqual([[], [0, 1]]);
});

test('in a full cache the new position takes the place of the oldest one, which is out of the window', () => {
  // 4 places hold positions 4, 5, 2, 3; the new one is 6.
  const reach = (window: number) => counted(windowMask(int(4), int(2), { room: 4, time: 1, window }));
  expect(reach(4)).toEqual([[0, 1, 3]]);
  expect(reach(3)).toEqual([[0, 1]]);
  expect(reach(1)).toEqual([[]]);
});

test('several new positions see the window of causal attention', () => {
  const [time, heads, width, window] = [6, 2, 3, 3];
  const qkv = rows(1, time, heads * width);
  const whole = causalAttention(qkv, { batch: 1, time, heads, window });
  for (const [from, room] of [
    [2, 2],
    [3, 5],
    [5, 8],
  ] as const) {
    const shape = { heads, width, room };
    const mask = windowMask(int(from), int(from % room), { room, time: time - from, window });
    const past = { keys: kept(qkv, 1, from, shape), values: kept(qkv, 2, from, shape), mask, window };
    const found = cachedAttention(tf.slice(qkv, [from, 0], [time - from, -1]), past);
    const expected = values(tf.slice(whole, [from, 0], [time - from, -1]));
    values(found).forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i]!, 5);
    });
  }
});

test('a row of the wrong width is an error', () => {
  const past = { keys: tf.zeros([1, 1, 2, 2]), values: tf.zeros([1, 1, 2, 2]), mask: tf.zeros([1, 1, 1, 2]) };
  expect(() => cachedAttention(tf.zeros([1, 5]), past)).toThrow(
    'cachedAttention: 5 columns are not queries, keys and values of 1 heads of 2',
  );
});

test('grouped queries share keys and values: the same as with the heads of keys and values repeated', () => {
  const [kept, group, width, room] = [2, 3, 4, 5];
  const wave = (shape: number[], phase: number) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(1.3 * i + phase)),
      shape,
    );
  const [q, k, v] = [wave([2, kept * group * width], 0), wave([2, kept * width], 1), wave([2, kept * width], 2)];
  const [keys, values_] = [wave([2, kept, room, width], 3), wave([2, kept, room, width], 4)];
  const mask = pastMask(tf.tensor1d([2, 5], 'int32'), room);
  const grouped = cachedAttention(tf.concat([q, k, v], 1), { keys, values: values_, mask }, 0.7);
  const repeated = (x: tf.Tensor, axis: number) => {
    const heads = tf.split(x, kept, axis);
    return tf.concat(
      heads.flatMap((head) => Array(group).fill(head)),
      axis,
    );
  };
  const flat = (x: tf.Tensor) => tf.reshape(repeated(tf.reshape(x, [2, kept, width]), 1), [2, kept * group * width]);
  const past = { keys: repeated(keys, 1), values: repeated(values_, 1), mask };
  const expected = values(cachedAttention(tf.concat([q, flat(k), flat(v)], 1), past, 0.7));
  values(grouped).forEach((x, i) => {
    expect(x).toBeCloseTo(expected[i]!, 5);
  });
});
