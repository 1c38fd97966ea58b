// Cuts a source's text into documents: at each literal <|endoftext|>, or one JSON object a line. Knows no files.

import { nearest } from '../config/nearest.js';
import { GptError } from '../errors.js';
import { quoteWord } from '../shell-quote.js';
import type { TextPiece } from '../tokenizer/types.js';
import { parseJsonValue } from './json-values.js';
import { quoteList } from './quote-list.js';

export const documentSeparator = '<|endoftext|>';

/** A JSON line longer than this (UTF-16 units) is taken for a file that is not JSONL. */
const longestLine = 1 << 28;

/**
 * Pieces of one source, cut at each literal <|endoftext|> (found over chunk borders too, and dropped); the source's end
 * ends a document as well. Empty documents are skipped; nothing else is: line ends and blanks stay as they are.
 */
export async function* splitDocuments(chunks: AsyncIterable<string>): AsyncGenerator<TextPiece> {
  let held = ''; // the end of the last chunk, while it may be the beginning of a separator
  let open = false; // whether the document so far has text
  for await (const chunk of chunks) {
    const parts = (held + chunk).split(documentSeparator);
    const last = parts.pop()!;
    for (const text of parts) {
      if (open || text !== '') yield { text, endOfDocument: true };
      open = false;
    }
    const keep = partialSeparator(last);
    held = last.slice(last.length - keep);
    const text = last.slice(0, last.length - keep);
    if (text !== '') {
      yield { text, endOfDocument: false };
      open = true;
    }
  }
  if (open || held !== '') yield { text: held, endOfDocument: true };
}

/** How many units at the end of the text could begin a separator. */
function partialSeparator(text: string): number {
  for (let length = Math.min(documentSeparator.length - 1, text.length); length > 0; length--) {
    if (text.endsWith(documentSeparator.slice(0, length))) return length;
  }
  return 0;
}

/** Lines without their line ends (\n, \r\n), numbered from 1. */
export async function* splitLines(
  chunks: AsyncIterable<string>,
  name: string,
): AsyncGenerator<{ line: number; text: string }> {
  let open: string[] = []; // pieces of the line so far: joined once, or a long line would cost its square
  let length = 0;
  let line = 0;
  const clean = (text: string) => (text.endsWith('\r') ? text.slice(0, -1) : text);
  for await (const chunk of chunks) {
    const lines = chunk.split('\n');
    const rest = lines.pop()!;
    for (const [index, text] of lines.entries()) {
      yield { line: ++line, text: clean(index === 0 ? open.join('') + text : text) };
      if (index > 0) continue;
      open = [];
      length = 0;
    }
    open.push(rest);
    length += rest.length;
    if (length > longestLine) {
      throw new GptError('dataset/jsonl', `${name}:${line + 1}: the line is longer than ${longestLine} characters`, {
        hint: 'JSONL has one object a line',
      });
    }
  }
  if (length > 0) yield { line: ++line, text: clean(open.join('')) };
}

/** What becomes of a line that is no JSON object: thrown, or reported elsewhere and skipped. */
export type BrokenLine = (error: GptError, place: string) => void;

/**
 * JSON objects, one a line, blank lines skipped.
 * @throws GptError `dataset/jsonl` with the line number, unless `broken` takes it: no JSON, or JSON that is no object
 */
export async function* parseJsonLines(
  chunks: AsyncIterable<string>,
  name: string,
  broken: BrokenLine = (error) => {
    throw error;
  },
): AsyncGenerator<{ line: number; value: Record<string, unknown> }> {
  for await (const { line, text } of splitLines(chunks, name)) {
    if (text.trim() === '') continue;
    const value = parseObject(text, `${name}:${line}`, line === 1);
    if (value instanceof GptError) broken(value, `${name}:${line}`);
    else yield { line, value };
  }
}

function parseObject(text: string, place: string, first: boolean): Record<string, unknown> | GptError {
  let value: unknown;
  try {
    value = parseJsonValue(text);
  } catch (cause) {
    const array = first && text.trimStart().startsWith('[');
    const hint = array
      ? 'the file is one JSON array: write each element on a line of its own'
      : 'one JSON object a line';
    return new GptError('dataset/jsonl', `${place}: not JSON: ${(cause as Error).message}`, { hint, cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  const kind = value === null ? 'null' : Array.isArray(value) ? 'an array' : `a ${typeof value}`;
  return new GptError('dataset/jsonl', `${place}: ${kind} where an object should be`, {
    hint: 'one JSON object a line: {"text": "..."}',
  });
}

/**
 * The documents of a JSONL source: one a line, under `textKey`.
 * @throws GptError `dataset/no-text-key` naming the line, the keys there and the nearest one
 */
export async function* jsonDocuments(
  chunks: AsyncIterable<string>,
  name: string,
  textKey: string,
): AsyncGenerator<TextPiece> {
  for await (const { line, value } of parseJsonLines(chunks, name)) {
    const text = Object.hasOwn(value, textKey) ? value[textKey] : undefined;
    if (typeof text === 'string') {
      yield* splitDocuments(once(text));
      continue;
    }
    const keys = Object.keys(value);
    if (text !== undefined) {
      throw new GptError(
        'dataset/text-type',
        `${name}:${line}: "${textKey}" is ${text === null ? 'null' : `a ${typeof text}`}, not a string`,
      );
    }
    const strings = keys.filter((key) => typeof value[key] === 'string');
    throw noTextKey(`${name}:${line}`, textKey, keys, strings);
  }
}

/** @param candidates the keys that could be meant */
export function noTextKey(
  place: string,
  textKey: string,
  keys: readonly string[],
  candidates: readonly string[] = keys,
): GptError {
  const guess = nearest(textKey, candidates) ?? (candidates.length === 1 ? candidates[0] : undefined);
  const there = keys.length > 0 ? `the keys there are ${quoteList(keys)}` : 'the object is empty';
  return new GptError('dataset/no-text-key', `${place}: no "${textKey}" key; ${there}`, {
    hint:
      guess === undefined ? 'name the one that holds the text with --text-key' : `try --text-key ${quoteWord(guess)}`,
  });
}

export async function* once(text: string): AsyncGenerator<string> {
  yield text;
}
