import { KeyValueCache } from './cache.js';
import { CachePool } from './cache-pool.js';

const shape = { layers: 2, heads: 2, width: 2, room: 3 };
const single = { layers: 1, heads: 1, width: 1, room: 3 };

test('a position goes to its place in every head of every layer', () => {
  const cache = new KeyValueCache(shape);
  // [L, rows, 2C]: layer, row and column can be read off each number.
  const present = Float32Array.from(
    { length: 2 * 2 * 8 },
    (_, i) => 100 * Math.floor(i / 16) + 10 * (Math.floor(i / 8) % 2) + (i % 8),
  );
  cache.append(present, 2, 2);
  expect(cache.length).toBe(2);
  expect(Array.from(cache.keys[0]!)).toEqual([0, 1, 10, 11, 0, 0, 2, 3, 12, 13, 0, 0]);
  expect(Array.from(cache.values[1]!)).toEqual([104, 105, 114, 115, 0, 0, 106, 107, 116, 117, 0, 0]);
});

test('of padded rows only the first are kept, and the next position comes behind them', () => {
  const cache = new KeyValueCache(single);
  cache.append(Float32Array.of(1, 2, 3, 4, 9, 9), 3, 2);
  cache.append(Float32Array.of(7, 7, 5, 6), 2, 1, 1);
  expect(Array.from(cache.keys[0]!)).toEqual([1, 3, 5]);
  expect(Array.from(cache.values[0]!)).toEqual([2, 4, 6]);
});

test('a full cache keeps a new position in the place of the oldest one', () => {
  const cache = new KeyValueCache(single);
  for (let i = 1; i <= 5; i++) {
    expect([cache.length, cache.place, cache.position]).toEqual([Math.min(i - 1, 3), (i - 1) % 3, i - 1]);
    cache.append(Float32Array.of(i, -i), 1, 1);
  }
  expect(Array.from(cache.keys[0]!)).toEqual([4, 5, 3]);
  expect(cache.slid).toBe(true);
  const copy = new KeyValueCache(single);
  copy.copyFrom(cache);
  expect(copy).toEqual(cache);
  expect(() => new KeyValueCache({ ...single, room: 4 }).copyFrom(cache)).toThrow('3 of 3 positions do not fit into 4');
});

test('of more positions than there is room for the last are kept, as if they had come one by one', () => {
  const [whole, single_] = [new KeyValueCache(single), new KeyValueCache(single)];
  const rows = Float32Array.of(1, -1, 2, -2, 3, -3, 4, -4, 5, -5);
  whole.append(rows, 5, 5);
  for (let i = 0; i < 5; i++) single_.append(rows, 5, 1, i);
  expect(whole).toEqual(single_);
  expect(Array.from(whole.keys[0]!)).toEqual([4, 5, 3]);
});

test('turning back by positions is what a key of an earlier position would have been', () => {
  const frequencies = [1, 0.1];
  const turned = (position: number) => {
    const [a, b] = frequencies.map((frequency) => position * frequency) as [number, number];
    // The key (1, 2, 3, 4) at a position: elements d and d + 2 turn together.
    return [
      1 * Math.cos(a) - 3 * Math.sin(a),
      2 * Math.cos(b) - 4 * Math.sin(b),
      3 * Math.cos(a) + 1 * Math.sin(a),
      4 * Math.cos(b) + 2 * Math.sin(b),
    ];
  };
  const cache = new KeyValueCache({ layers: 1, heads: 1, width: 4, room: 1 });
  cache.append(Float32Array.of(...turned(7), 0, 0, 0, 0), 1, 1);
  cache.turnBack(5, frequencies);
  expect(cache.position).toBe(-4);
  turned(2).forEach((x, d) => {
    expect(cache.keys[0]![d]).toBeCloseTo(x, 5);
  });
});

test('texts of a pool lie one behind the other, and keep their positions in a larger one', () => {
  const pool = new CachePool(single, 2);
  pool.rows[0]!.append(Float32Array.of(1, 2), 1, 1);
  pool.rows[1]!.append(Float32Array.of(3, 4, 5, 6), 2, 2);
  expect(Array.from(pool.first(2).keys[0]!)).toEqual([1, 0, 0, 3, 5, 0]);
  expect(Array.from(pool.first(1).values[0]!)).toEqual([2, 0, 0]);
  const larger = pool.resized(4, 3);
  expect(Array.from(larger.first(3).values[0]!)).toEqual([2, 0, 0, 0, 4, 6, 0, 0, 0, 0, 0, 0]);
  expect(larger.rows.map(({ length }) => length)).toEqual([1, 2, 0]);
});
