// JSON files that people write: an error names the file, the line and the column, and a key given twice is an error.
import { GptError } from '../errors.js';

/** Where strict JSON ends to be valid, and why. Offsets are in UTF-16 units; undefined when the text is valid. */
export function findJsonError(text: string): { readonly offset: number; readonly message: string } | undefined {
  let at = 0;
  class Stop {
    constructor(
      readonly offset: number,
      readonly message: string,
    ) {}
  }
  const fail = (message: string, offset = at): never => {
    throw new Stop(offset, message);
  };
  const found = () => (at < text.length ? JSON.stringify(text[at]) : 'the end of the file');
  const space = () => {
    while (/[ \t\n\r]/.test(text[at] ?? 'x')) at++;
    if (text.startsWith('//', at) || text.startsWith('/*', at)) fail('JSON has no comments; use "$comment"');
  };
  const match = (pattern: RegExp, wanted: string): string => {
    pattern.lastIndex = at;
    const hit = pattern.exec(text)?.[0];
    if (hit === undefined) return fail(`expected ${wanted}, found ${found()}`);
    at += hit.length;
    return hit;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these
  const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
  const string = (wanted: string) => match(STRING, text[at] === '"' ? 'a text closed on its line' : wanted);
  const list = (close: string, item: () => void) => {
    at++;
    space();
    if (text[at] === close) return void at++;
    for (;;) {
      item();
      space();
      if (text[at] === close) return void at++;
      if (text[at] !== ',') fail(`expected "," or ${JSON.stringify(close)}, found ${found()}`);
      at++;
      space();
      if (text[at] === close) fail('a comma is not followed by anything', at - 1);
    }
  };
  const value = () => {
    space();
    if (text[at] === '{') {
      const keys = new Set<string>();
      list('}', () => {
        const start = at;
        const key = string('a key in double quotes');
        if (keys.has(key)) fail(`the key ${key} occurs twice`, start);
        keys.add(key);
        space();
        match(/:/y, '":"');
        value();
      });
    } else if (text[at] === '[') list(']', value);
    else if (text[at] === '"') string('a text');
    else match(/true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y, 'a value');
  };
  try {
    value();
    space();
    if (at < text.length) fail(`expected the end of the file, found ${found()}`);
    return undefined;
  } catch (stop) {
    if (stop instanceof Stop) return stop;
    throw stop;
  }
}

/**
 * Parses `text`, the content of `file`.
 * @throws GptError config/json with line and column (from 1)
 */
export function parseJson(text: string, file: string): unknown {
  const content = text.replace(/^\uFEFF/, '');
  const wrong = findJsonError(content);
  if (!wrong) return JSON.parse(content);
  const before = content.slice(0, wrong.offset).split('\n');
  const place = `line ${before.length}, column ${before.at(-1)!.length + 1}`;
  throw new GptError('config/json', `${file} is not valid JSON: ${place}: ${wrong.message}`);
}
