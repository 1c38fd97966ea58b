import { charTokenizer } from '../dataset/fixtures.js';
import type { ParameterSpec } from '../model/index.js';
import { addSums, compareTensors, differenceOf } from './difference.js';
import { neighboursOf } from './neighbours.js';
import { deadUnits, describeTensor } from './tensor.js';

const spec = (name: string, shape: readonly number[], outputAxis?: 0 | 1): ParameterSpec => ({
  ...{ name, shape, decay: true, init: { kind: 'zeros' }, role: 'matrix' },
  ...(outputAxis !== undefined && { outputAxis }),
});

test('worked by hand: [[3, 0], [0, 4]]', () => {
  const { norm, rms, largest, spectrum } = describeTensor(spec('w', [2, 2]), Float32Array.of(3, 0, 0, -4));
  expect([norm, rms, largest]).toEqual([5, 2.5, 4]);
  expect(spectrum).toEqual({
    singularValues: [expect.closeTo(4, 9), expect.closeTo(3, 9)],
    stableRank: expect.closeTo(25 / 16, 9),
    deadInputs: 0,
    deadOutputs: 0,
  });
});

test('a vector has no spectrum', () => {
  expect(describeTensor(spec('b', [4]), Float32Array.of(1, -1, 1, 1))).toEqual({
    ...{ name: 'b', shape: [4], outputAxis: 1, norm: 2, rms: 1, largest: 1, nonFinite: 0 },
  });
});

test('NaN and infinities are counted', () => {
  const report = describeTensor(spec('w', [2, 2]), Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 0));
  expect(report).toMatchObject({ nonFinite: 2, norm: Number.NaN });
  expect(report.spectrum).toBeUndefined();
});

test('units are dead whose weights are below a hundredth of the median', () => {
  //                            columns: 1, 0.009 and 1 of length sqrt(3)
  const data = Float32Array.of(1, 0.009, 1, 1, 0.009, 1, 1, 0.009, 1, 0, 0, 0);
  expect(deadUnits(data, 4, 3)).toEqual({ rows: 1, columns: 1 });
  const { spectrum } = describeTensor(spec('w', [4, 3]), data);
  expect(spectrum).toMatchObject({ deadInputs: 1, deadOutputs: 1 });
  const wide = Float32Array.of(1, 1, 0, 0, 1, 1, 0, 0); // [out, in]: 2 of 4 inputs are ignored
  expect(describeTensor(spec('w', [2, 4], 0), wide).spectrum).toMatchObject({ deadInputs: 2, deadOutputs: 0 });
  expect(deadUnits(new Float32Array(6), 2, 3)).toEqual({ rows: 2, columns: 3 });
});

test('differences worked by hand', () => {
  const sums = compareTensors(Float32Array.of(3, 4), Float32Array.of(3, 0));
  expect(sums).toEqual({ before: 25, after: 9, difference: 16, product: 9 });
  expect(differenceOf(sums)).toEqual({ relative: 0.8, cosine: 9 / 15 });
  expect(differenceOf(compareTensors(Float32Array.of(0, 0), Float32Array.of(0, 0))).relative).toBe(0);
  const both = differenceOf(addSums(sums, compareTensors(Float32Array.of(0, 0), Float32Array.of(1, 2))));
  expect(both).toEqual({ relative: Math.sqrt(21 / 25), cosine: 9 / Math.sqrt(25 * 14) });
  // Rows that only one of them has do not count.
  expect(differenceOf(compareTensors(Float32Array.of(1, 2), Float32Array.of(2, 4, 9)))).toEqual({
    relative: 1,
    cosine: expect.closeTo(1, 12),
  });
});

test('neighbours are those of the largest cosine; of several tokens the mean is looked up', () => {
  const tokenizer = charTokenizer('abcd'); // and <|endoftext|>
  const table = Float32Array.of(1, 0, 0, 1, 5, 1, -2, 0, 0, 0);
  const [of] = neighboursOf('a', table, 2, tokenizer);
  expect(of).toMatchObject({ text: 'a', ids: [0] });
  expect(of!.neighbours.map(({ text }) => text)).toEqual(['c', 'b', 'd']);
  expect(of!.neighbours[0]!.cosine).toBeCloseTo(5 / Math.sqrt(26), 6);
  const [both] = neighboursOf('ab', table, 2, tokenizer); // [1, 1]
  expect(both!.neighbours[0]).toEqual({ text: 'c', id: 2, cosine: expect.closeTo(6 / Math.sqrt(52), 6) });
  expect(() => neighboursOf('', table, 2, tokenizer)).toThrow('"" has no token that the model knows');
});
