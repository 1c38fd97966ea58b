// Random strings for the property tests: code points of all planes, lone surrogates, and the characters that
// pre-tokenizers treat apart. Used by tests only.
import fc from 'fast-check';

const pieces = [
  "'",
  "'s",
  "'ll",
  "'re",
  ' ',
  '  ',
  '\n',
  '\r\n',
  '\t',
  'a',
  'The',
  'é',
  'e\u0301',
  '中文',
  'مرحبا',
  '123',
  '½',
  '٣',
  '👩‍👩‍👧',
  '🇩🇪',
];
const odd = [
  '\u0085',
  '\u00a0',
  '\u200b',
  '\u2003',
  '\u3000',
  '\ufeff',
  '\u{1d400}',
  '\ud83d',
  '\udc69',
  '\0',
  '!',
  '--',
  '{};',
  '<|endoftext|>',
];

/** Strings of well-formed and lone code units. */
export function anyText(maxLength = 30): fc.Arbitrary<string> {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...pieces) },
    { weight: 2, arbitrary: fc.constantFrom(...odd) },
    { weight: 2, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0xd700, max: 0xe0ff }).map((unit) => String.fromCharCode(unit)) },
  );
  return fc.array(piece, { maxLength }).map((parts) => parts.join(''));
}

/** What a text is to an encoder: lone surrogates are U+FFFD. */
export function wellFormed(text: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(text));
}
