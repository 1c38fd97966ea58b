import { parseJson } from './json.js';

test.each([
  ['{"a": 1,}', 'line 1, column 8: a comma is not followed by anything'],
  ['{\n  "a": 1\n  "b": 2\n}', 'line 3, column 3: expected "," or "}", found "\\""'],
  ['{"a": 01}', 'line 1, column 8: expected "," or "}", found "1"'],
  ['{"a": }', 'line 1, column 7: expected a value, found "}"'],
  ['{a: 1}', 'line 1, column 2: expected a key in double quotes, found "a"'],
  ["{'a': 1}", 'line 1, column 2: expected a key in double quotes, found "\'"'],
  ['{"a": 1} x', 'line 1, column 10: expected the end of the file, found "x"'],
  ['{"a": "b\n"}', 'line 1, column 7: expected a text closed on its line, found "\\""'],
  ['{\n// why\n"a": 1}', 'line 2, column 1: JSON has no comments; use "$comment"'],
  ['{"a": 1, "a": 2}', 'line 1, column 10: the key "a" occurs twice'],
  ['{"a": [1, 2', 'line 1, column 12: expected "," or "]", found the end of the file'],
  ['', 'line 1, column 1: expected a value, found the end of the file'],
  ['{"a": 1, "\\u0061": 2}', 'line 1, column 10: the key "a" occurs twice'],
  ['{"a": 1.}', 'line 1, column 7: expected a number with all its digits, found "1"'],
  [
    '{"a": "\\x"}',
    'line 1, column 7: expected a text with only the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u, found "\\""',
  ],
  ['{"a": "\t"}', 'line 1, column 7: expected a text without control characters, found "\\""'],
  ['[1}', 'line 1, column 3: expected "," or "]", found "}"'],
  ['{"a": 1, /* x */ "a": 2}', 'line 1, column 10: JSON has no comments; use "$comment"'],
  ['{"a": NaN}', 'line 1, column 7: expected a value, found "N"'],
])('%j is not valid JSON: %s', (text, message) => {
  expect(() => parseJson(text, 'my.json')).toThrow(
    expect.objectContaining({ code: 'config/json', message: `my.json is not valid JSON: ${message}` }),
  );
});

test.each(['{"a": [1, -2.5e-3, "x\\u00e9\\n", true, false, null, {}], "b": {"a": 0}}', ' [ ] ', '"\u007f"', '\r\n\t0'])(
  '%j is what JSON.parse makes of it',
  (text) => {
    expect(parseJson(text, 'my.json')).toEqual(JSON.parse(text));
  },
);

test('a byte order mark is no error', () => {
  expect(parseJson('\uFEFF{"nLayer": 2}', 'my.json')).toEqual({ nLayer: 2 });
});

test('nesting that no settings have is an error with its place', () => {
  expect(() => parseJson('['.repeat(10_000), 'deep.json')).toThrow(
    'line 1, column 101: brackets are nested more than 100 deep',
  );
});
