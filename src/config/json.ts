// JSON files that people write: an error names the file, the line and the column, and a key given twice is an error.
// jsonc-parser reads; what it may say in short codes is said here in words.
import { printParseErrorCode, visit } from 'jsonc-parser';
import { GptError } from '../errors.js';

interface JsonError {
  /** Both from 0. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Brackets in each other: jsonc-parser calls itself for each. */
const deepest = 100;

/** Thrown to leave jsonc-parser. */
class TooDeep implements JsonError {
  readonly message = `brackets are nested more than ${deepest} deep`;

  constructor(
    readonly line: number,
    readonly column: number,
  ) {}
}

/** Where strict JSON ends to be valid, and why; undefined when the text is valid. */
function findJsonError(text: string): JsonError | undefined {
  let first: JsonError | undefined;
  let comma: { line: number; column: number } | undefined; // the comma just read
  let expected = 'a value';
  const open: { close: string; keys?: Set<string> }[] = [];
  const enter = (inner: (typeof open)[number], line: number, column: number) => {
    open.push(inner);
    if (open.length > deepest) throw new TooDeep(line, column);
    expectItem();
  };
  const fail = (message: string, line: number, column: number) => {
    first ??= { message, line, column };
  };
  const expect = (what: string) => {
    expected = what;
    comma = undefined;
  };
  const expectNext = () => {
    const inner = open.at(-1);
    expect(inner ? `"," or "${inner.close}"` : 'the end of the file');
  };
  const expectItem = () => expect(open.at(-1)?.keys ? 'a key in double quotes' : 'a value');
  const end = (offset: number) => {
    if (offset >= text.length) return; // also called where the closing bracket is missing
    open.pop();
    expectNext();
  };
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, column) => enter({ close: '}', keys: new Set() }, line, column),
      onObjectEnd: end,
      onArrayBegin: (_offset, _length, line, column) => enter({ close: ']' }, line, column),
      onArrayEnd: end,
      onObjectProperty: (key, _offset, _length, line, column) => {
        const keys = open.at(-1)!.keys!;
        if (keys.has(key)) fail(`the key ${JSON.stringify(key)} occurs twice`, line, column);
        keys.add(key);
        expect('":"');
      },
      onLiteralValue: expectNext,
      onSeparator: (separator, _offset, _length, line, column) => {
        if (separator === ':') return expect('a value');
        expectItem();
        comma = { line, column };
      },
      onError: (code, offset, _length, line, column) => {
        const found = offset < text.length ? JSON.stringify(text[offset]) : 'the end of the file';
        const kind = printParseErrorCode(code);
        if (kind === 'InvalidCommentToken') return fail('JSON has no comments; use "$comment"', line, column);
        if (comma && /[}\]]/.test(text[offset] ?? '')) {
          return fail('a comma is not followed by anything', comma.line, comma.column);
        }
        fail(`expected ${tokenErrors[kind] ?? expected}, found ${found}`, line, column);
      },
    },
    { disallowComments: true, allowTrailingComma: false },
  );
  return first;
}

/** What is wrong inside of a text or a number, whatever was expected there. */
const tokenErrors: Readonly<Record<string, string>> = {
  UnexpectedEndOfString: 'a text closed on its line',
  UnexpectedEndOfNumber: 'a number with all its digits',
  InvalidUnicode: 'a text with four hexadecimal digits behind each \\u',
  InvalidEscapeCharacter: 'a text with only the escapes \\" \\\\ \\/ \\b \\f \\n \\r \\t \\u',
  InvalidCharacter: 'a text without control characters',
};

function firstError(text: string): JsonError | undefined {
  try {
    return findJsonError(text);
  } catch (error) {
    if (error instanceof TooDeep) return error;
    throw error;
  }
}

/**
 * Parses `text`, the content of `file`.
 * @throws GptError config/json with line and column (from 1)
 */
export function parseJson(text: string, file: string): unknown {
  const content = text.replace(/^\uFEFF/, '');
  const wrong = firstError(content);
  if (!wrong) return JSON.parse(content);
  const place = `line ${wrong.line + 1}, column ${wrong.column + 1}`;
  throw new GptError('config/json', `${file} is not valid JSON: ${place}: ${wrong.message}`);
}
