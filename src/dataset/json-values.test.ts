import fc from 'fast-check';
import { parseJsonValue } from './json-values.js';

test('large integers and long decimals keep their digits, at any depth', () => {
  expect(parseJsonValue('{"a":12345678901234567890,"b":[12345678901234567891, -9007199254740993]}')).toEqual({
    a: '12345678901234567890',
    b: ['12345678901234567891', '-9007199254740993'],
  });
  expect(parseJsonValue('[0.12345678901234567890123, 1e400]')).toEqual(['0.12345678901234567890123', '1e400']);
});

test('numbers that JavaScript holds stay numbers, however they are written', () => {
  expect(parseJsonValue('[9007199254740991, 1e3, 1.50000000000000000, 0.1, -0.0, 1.0, 1E-7]')).toEqual([
    9007199254740991, 1000, 1.5, 0.1, -0, 1, 1e-7,
  ]);
});

test('digits, quotes and NaN inside strings and keys are left alone', () => {
  const text = '{"n 12345678901234567890":"say \\"NaN\\" \\\\", "x":"12345678901234567890", "y":NaN}';
  expect(parseJsonValue(text)).toEqual({
    'n 12345678901234567890': 'say "NaN" \\',
    x: '12345678901234567890',
    y: null,
  });
});

test('NaN is null and Infinity is text, as Python writes them', () => {
  expect(parseJsonValue('{"a":NaN,"b":[Infinity,-Infinity]}')).toEqual({ a: null, b: ['Infinity', '-Infinity'] });
});

test.each(['', '{', '{"a":NaNa}', '[NaN', '01234567890123456789', '{"a":1,}', '"NaN'])(
  'what is not JSON is refused with the error of JSON.parse: %s',
  (text) => {
    const message = (parse: (text: string) => unknown) => {
      try {
        return parse(text);
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(message(parseJsonValue)).toBe(message(JSON.parse));
  },
);

test('on any JSON with numbers that JavaScript holds it is JSON.parse', () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 3 }), (text) => {
      const plain = text.replace(/-?\d[\d.]*(e[+-]?\d+)?/gi, '7.25');
      expect(parseJsonValue(`[1e3,${plain}]`)).toEqual(JSON.parse(`[1e3,${plain}]`));
    }),
    { seed: 5 },
  );
});

test('any integer comes back with all of its digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), (integer) => {
      const { label } = parseJsonValue(`{"label":${integer}}`) as { label: unknown };
      expect(String(label)).toBe(String(integer));
    }),
    { seed: 5 },
  );
  expect(parseJsonValue('[1000000000000000000000]')).toEqual(['1000000000000000000000']);
});

test('a string of 20 MB with many escapes is read in linear time', () => {
  const text = `{"a":12345678901234567890,"b":${JSON.stringify('\\"'.repeat(5_000_000))}}`;
  const started = performance.now();
  expect((parseJsonValue(text) as { b: string }).b).toHaveLength(10_000_000);
  expect(performance.now() - started).toBeLessThan(10_000);
});
