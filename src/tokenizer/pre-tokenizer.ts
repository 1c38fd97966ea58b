// Builds the pre-tokenizer that a tokenizer.json describes: Split and Digits stages in front of ByteLevel. GPT-2's own
// pattern, wherever it is written, runs as the hand-written scanner.
import { GptError } from '../errors.js';
import { eachGpt2Word, gpt2Pattern } from './gpt2-words.js';
import { compilePattern } from './onig-pattern.js';

/** Calls `visit` with every word of a text, in order. */
export type EachWord = (text: string, visit: (word: string) => void) => void;

type Json = Record<string, unknown>;
type Stage = (piece: string) => string[];
type Piece = { text: string; match: boolean };

/**
 * For vocabularies without merges, where it is all the same where a text is cut: stretches of bounded length, no
 * surrogate pair cut.
 */
export function eachStretch(text: string, visit: (word: string) => void): void {
  for (let start = 0; start < text.length; ) {
    const stretch = text.slice(start, start + 8192);
    const word = start + stretch.length < text.length ? stretch.slice(0, lastWhole(stretch)) : stretch;
    visit(word);
    start += word.length;
  }
}

/** The end of the text, or one less if half a surrogate pair is there. */
export function lastWhole(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last < 0xdc00 ? text.length - 1 : text.length;
}

/** @param json the `pre_tokenizer` of a tokenizer.json Throws `tokenizer/pre-tokenizer`, `tokenizer/pattern`. */
export function makePreTokenizer(json: unknown, name: string): EachWord {
  const parts = flatten(json);
  const last = parts.at(-1);
  if (last?.['type'] !== 'ByteLevel' || parts.slice(0, -1).some((part) => part['type'] === 'ByteLevel')) {
    throw new GptError('tokenizer/pre-tokenizer', `${name}: its pre-tokenizer does not end in ByteLevel`, {
      hint: 'only byte-level BPE tokenizers (GPT-2, Llama 3, Qwen...) are supported',
    });
  }
  const prefixSpace = last['add_prefix_space'] === true;
  const useRegex = last['use_regex'] !== false;
  const first = parts[0]!;
  if (!prefixSpace && useRegex && parts.length === 1) return eachGpt2Word;
  if (!prefixSpace && !useRegex && parts.length === 1) return (text, visit) => visit(text);
  if (!prefixSpace && !useRegex && parts.length === 2 && isGpt2Split(first)) return eachGpt2Word;
  const stages = parts.slice(0, -1).map((part) => makeStage(part, name));
  if (prefixSpace) stages.push((piece) => [piece.startsWith(' ') ? piece : ` ${piece}`]);
  if (useRegex) stages.push(gpt2Words);
  return (text, visit) => {
    let pieces = [text.replace(/\p{Surrogate}/gu, '\ufffd')]; // a lone one is encoded as U+FFFD
    for (const stage of stages) pieces = pieces.flatMap(stage);
    for (const piece of pieces) visit(piece);
  };
}

function flatten(json: unknown): Json[] {
  if (typeof json !== 'object' || json === null) return [];
  const part = json as Json;
  if (part['type'] !== 'Sequence') return [part];
  return Array.isArray(part['pretokenizers']) ? part['pretokenizers'].flatMap(flatten) : [];
}

function isGpt2Split(part: Json): boolean {
  const pattern = part['pattern'] as Json | undefined;
  return (
    part['type'] === 'Split' &&
    part['behavior'] === 'Isolated' &&
    pattern?.['Regex'] === gpt2Pattern &&
    part['invert'] !== true
  );
}

function gpt2Words(piece: string): string[] {
  const words: string[] = [];
  eachGpt2Word(piece, (word) => words.push(word));
  return words;
}

function makeStage(part: Json, name: string): Stage {
  if (part['type'] === 'Split') {
    const pattern = splitPattern(part['pattern'], name);
    const invert = part['invert'] === true;
    const arrange = behaviors[String(part['behavior'])];
    if (!arrange)
      throw new GptError(
        'tokenizer/pre-tokenizer',
        `${name}: unknown Split behavior ${JSON.stringify(part['behavior'])}`,
      );
    return (piece) => arrange(cut(piece, pattern, invert));
  }
  if (part['type'] === 'Digits') {
    const arrange = part['individual_digits'] === true ? isolated : contiguous;
    return (piece) => arrange(cut(piece, /\p{N}/gu, false));
  }
  throw new GptError(
    'tokenizer/pre-tokenizer',
    `${name}: the pre-tokenizer ${JSON.stringify(part['type'])} is not supported`,
    {
      hint: 'ByteLevel, Split, Digits and a Sequence of them are',
    },
  );
}

function splitPattern(json: unknown, name: string): RegExp {
  const { Regex: regex, String: text } = (json ?? {}) as Json;
  if (typeof regex === 'string') return compilePattern(regex);
  if (typeof text === 'string') return new RegExp(text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'gu');
  throw new GptError('tokenizer/pre-tokenizer', `${name}: a Split without a pattern`);
}

/** The piece in stretches that match and stretches that do not. */
function cut(piece: string, pattern: RegExp, invert: boolean): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const found of piece.matchAll(pattern)) {
    if (found[0] === '') continue;
    if (found.index > done) pieces.push({ text: piece.slice(done, found.index), match: invert });
    pieces.push({ text: found[0], match: !invert });
    done = found.index + found[0].length;
  }
  if (done < piece.length) pieces.push({ text: piece.slice(done), match: invert });
  return pieces;
}

function isolated(pieces: Piece[]): string[] {
  return pieces.map(({ text }) => text);
}

/** Joins neighbours when `joins(earlier, later)` says so. */
function joining(joins: (earlier: Piece, later: Piece) => boolean): (pieces: Piece[]) => string[] {
  return (pieces) => {
    const words: string[] = [];
    pieces.forEach((piece, i) => {
      if (i > 0 && joins(pieces[i - 1]!, piece)) words[words.length - 1] += piece.text;
      else words.push(piece.text);
    });
    return words;
  };
}

const contiguous = joining((earlier, later) => earlier.match === later.match);

/** HF's SplitDelimiterBehavior: what becomes of the stretches that match. */
const behaviors: Record<string, ((pieces: Piece[]) => string[]) | undefined> = {
  Isolated: isolated,
  Removed: (pieces) => isolated(pieces.filter(({ match }) => !match)),
  MergedWithPrevious: joining((earlier, later) => later.match && !earlier.match),
  MergedWithNext: joining((earlier, later) => earlier.match && !later.match),
  Contiguous: contiguous,
};
