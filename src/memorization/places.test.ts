import { charTokenizer } from '../dataset/fixtures.js';
import { spanOf } from '../dataset/index.js';
import { Places } from './places.js';

const tokenizer = charTokenizer('ab\né中');
const encode = (text: string) => [...text].map((character) => 'ab\né中'.indexOf(character));

test('documents end with <|endoftext|>; lines and bytes are those of the document', () => {
  const tokens = [...encode('a\né'), tokenizer.endOfText, ...encode('中b\n\na')];
  const places = new Places(spanOf(tokens), tokenizer, { nameOf: (document) => ['x.txt', 'y.txt'][document] });
  expect(places.at(0)).toEqual({ source: 'x.txt', document: 1, line: 1, byte: 0 });
  expect(places.at(2)).toEqual({ source: 'x.txt', document: 1, line: 2, byte: 2 });
  expect(places.at(4)).toEqual({ source: 'y.txt', document: 2, line: 1, byte: 0 });
  expect(places.at(8)).toEqual({ source: 'y.txt', document: 2, line: 3, byte: 6 });
  expect(places.at(5)).toEqual({ source: 'y.txt', document: 2, line: 1, byte: 3 }); // a place before one that was asked
});

test('far into the text', () => {
  const tokens = new Array(600_000)
    .fill(0)
    .map((_, i) => (i % 1000 === 999 ? 2 : i === 1500 ? tokenizer.endOfText : 0));
  const places = new Places(spanOf(tokens), tokenizer, { nameOf: () => undefined });
  expect(places.at(599_999)).toEqual({ document: 2, line: 599, byte: 599_999 - 1501 });
});

test('examples have their own beginnings', () => {
  const tokens = encode('a\nbb\naa\nb');
  const starts = [0, 3, 7];
  const places = new Places(spanOf(tokens), tokenizer, { starts, nameOf: (document) => `row ${document}` });
  expect(places.at(2)).toEqual({ source: 'row 0', document: 1, line: 2, byte: 2 });
  expect(places.at(3)).toEqual({ source: 'row 1', document: 2, line: 1, byte: 0 });
  expect(places.at(8)).toEqual({ source: 'row 2', document: 3, line: 2, byte: 1 });
});
