import fc from 'fast-check';
import { isSafeCut, PieceCutter } from './pieces.js';

// How byte-level tokenizers split text before they merge.
const expressions = {
  gpt2: /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu,
  cl100k:
    /'(?:[sdmt]|ll|ve|re|[SDMT]|LL|VE|RE)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu,
  o200k:
    /[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu,
};
const tricky = [
  'a',
  'B',
  's',
  't',
  'll',
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\t',
  "'",
  '’',
  '.',
  ',',
  '/',
  '!',
  '-',
  '7',
  '42',
  '中',
];
const unit = fc.constantFrom(
  ...tricky,
  '文',
  '。',
  '，',
  '😀',
  '\u0301',
  '\u00a0',
  '\u3000',
  '\u0085',
  '\ufeff',
  '$',
  '\u0e01',
  '\u0e34',
);
const split = (text: string, expression: RegExp) => text.match(expression) ?? [];

test.each(Object.entries(expressions))(
  'cutting at a safe place leaves the matches of %s as they were',
  (_, expression) => {
    let cuts = 0;
    fc.assert(
      fc.property(fc.array(unit, { minLength: 12, maxLength: 24 }), (parts) => {
        const text = parts.join('');
        const whole = split(text, expression);
        for (let at = 1; at < text.length; at++) {
          if (!isSafeCut(text, at)) continue;
          cuts++;
          const parts = [...split(text.slice(0, at), expression), ...split(text.slice(at), expression)];
          if (parts.join('\0') !== whole.join('\0')) throw new Error(`${JSON.stringify(text)} at ${at}`);
        }
      }),
      { numRuns: 1500 },
    );
    expect(cuts).toBeGreaterThan(1000);
  },
);

test('English, Chinese and code have safe places in every line', () => {
  const lines = [
    'It is a truth universally acknowledged',
    '今天天气很好，我们去公园。',
    'const x = f(y);',
    'a\r\nb',
    '好。\n他',
  ];
  for (const line of lines) {
    const places = Array.from(line, (_, at) => at).filter((at) => isSafeCut(line, at));
    expect([line, places.length]).toEqual([line, expect.any(Number)]);
    expect(places.length).toBeGreaterThan(0);
  }
});

test('pieces put together are the text, each but the last ending at a safe place', () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(unit).map((parts) => parts.join(''))),
      fc.integer({ min: 1, max: 20 }),
      (texts, target) => {
        const cutter = new PieceCutter(target, 1000);
        const pieces = texts.flatMap((text) => [...cutter.push(text)]);
        const rest = cutter.flush();
        const whole = texts.join('');
        expect(pieces.join('') + rest).toBe(whole);
        let at = 0;
        for (const piece of pieces) {
          expect(piece).not.toBe('');
          at += piece.length;
          expect(isSafeCut(whole, at)).toBe(true);
        }
      },
    ),
  );
});

test('text without a safe place is cut at the limit, between characters', () => {
  const cutter = new PieceCutter(4, 11);
  const text = '😀'.repeat(20);
  const pieces = [...cutter.push(text)];
  pieces.push(cutter.flush());
  expect(pieces.join('')).toBe(text);
  for (const piece of pieces) {
    expect(piece.length).toBeLessThanOrEqual(11);
    expect(piece).not.toMatch(/\p{Surrogate}/u);
  }
});
