import { byteTokenizer } from '../tokenizer/index.js';
import { readLogitBias } from './logit-bias.js';

const read = (...entries: string[]) => [...readLogitBias(entries, byteTokenizer(), 257)];

test('a token is named by its id, its text, or its text as JSON', () => {
  expect(read('65=5', 'b=-1.5', '"7"=100', '"\\n"=-100', '==2')).toEqual([
    [65, 5],
    [98, -1.5],
    [55, 100],
    [10, -100],
    [61, 2],
  ]);
});

test.each([
  ['a', 'logit-bias "a" is not token=bias'],
  ['=1', 'logit-bias "=1" is not token=bias'],
  ['a=', 'logit-bias "a=" is not token=bias'],
  ['a=x', 'logit-bias "a=x" is not token=bias'],
  ['a=101', 'logit-bias "a=101" is not token=bias'],
  ['a=NaN', 'logit-bias "a=NaN" is not token=bias'],
  ['257=1', 'logit-bias names the token 257; the model has 257'],
  ['ab=1', 'logit-bias names "ab", which is 2 tokens (97, 98)'],
])('%s: %s', (entry, message) => {
  expect(() => read(entry)).toThrow(expect.objectContaining({ code: 'sample/logit-bias', message }));
});
