// Builds the pre-tokenizer that a tokenizer.json describes: Split and Digits stages in front of ByteLevel. The patterns of
// GPT-2 and of cl100k's family run as hand-written scanners, any other as a regular expression with a time limit.
import { GptError } from '../errors.js';
import { cl100kPatterns, eachCl100kWord } from './cl100k-words.js';
import { eachGpt2Word, gpt2Pattern } from './gpt2-words.js';
import { compilePattern } from './onig-pattern.js';
import { withinTime } from './time-limit.js';

/** Calls `visit` with every word of a text, in order. */
export type EachWord = (
  text: string,
  visit: (word: string) => void,
  /** The end of the text right before this one, where it continues one (see EncodeOptions). */
  before?: string,
) => void;

type Json = Record<string, unknown>;
type Stage = (pieces: readonly string[]) => string[];
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
  const stages = parts.slice(0, -1).map((part) => makeStage(part, name));
  if (!prefixSpace) {
    if (useRegex && parts.length === 1) return eachGpt2Word;
    if (!useRegex && parts.length === 1) return (text, visit) => visit(text);
    const known = parts.length === 2 && !useRegex ? knownSplit(parts[0]!) : undefined;
    if (known) return known;
  }
  return (text, visit, before) => {
    let pieces = runStages(stages, cleaned(text));
    if (prefixSpace) {
      const continued = before !== undefined && before !== '' && continues(cleaned(before), cleaned(text), stages);
      pieces = pieces.map((piece, i) => (piece.startsWith(' ') || (i === 0 && continued) ? piece : ` ${piece}`));
    }
    for (const piece of pieces) {
      if (useRegex) eachGpt2Word(piece, visit);
      else visit(piece);
    }
  };
}

function runStages(stages: readonly Stage[], text: string): string[] {
  return stages.reduce((pieces, stage) => stage(pieces), [text]);
}

/** A lone surrogate is encoded as U+FFFD. */
function cleaned(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Whether the stages leave the end of `before` and the beginning of `text` in one piece. */
function continues(before: string, text: string, stages: readonly Stage[]): boolean {
  const end = [...before].at(-1)!;
  const [first = ''] = runStages(stages, end + text.slice(0, 256));
  return first.length > end.length && first.startsWith(end);
}

function flatten(json: unknown): Json[] {
  if (typeof json !== 'object' || json === null) return [];
  const part = json as Json;
  if (part['type'] !== 'Sequence') return [part];
  return Array.isArray(part['pretokenizers']) ? part['pretokenizers'].flatMap(flatten) : [];
}

/** The hand-written scanner of a Split, where there is one. */
function knownSplit(part: Json): EachWord | undefined {
  const regex = (part['pattern'] as Json | undefined)?.['Regex'];
  if (part['type'] !== 'Split' || typeof regex !== 'string') return undefined;
  const isolates = part['behavior'] === 'Isolated' && part['invert'] !== true;
  const removesTheRest = part['behavior'] === 'Removed' && part['invert'] === true; // every character matches
  if (!isolates && !removesTheRest) return undefined;
  if (regex === gpt2Pattern) return eachGpt2Word;
  const mostDigits = cl100kPatterns.get(regex);
  return mostDigits === undefined ? undefined : (text, visit) => eachCl100kWord(text, mostDigits, visit);
}

function makeStage(part: Json, name: string): Stage {
  if (part['type'] === 'Split') {
    const pattern = splitPattern(part['pattern'], name);
    const invert = part['invert'] === true;
    const behavior = String(part['behavior']); // a file may say "constructor"
    const arrange = Object.hasOwn(behaviors, behavior) ? behaviors[behavior] : undefined;
    if (!arrange)
      throw new GptError(
        'tokenizer/pre-tokenizer',
        `${name}: unknown Split behavior ${JSON.stringify(part['behavior'])}`,
      );
    const split = (pieces: readonly string[]) => pieces.flatMap((piece) => arrange(cut(piece, pattern, invert)));
    const regex = (part['pattern'] as Json)['Regex'];
    return typeof regex === 'string' ? timed(split, regex, name) : split;
  }
  if (part['type'] === 'Digits') {
    const arrange = part['individual_digits'] === true ? isolated : contiguous;
    return (pieces) => pieces.flatMap((piece) => arrange(cut(piece, /\p{N}/gu, false)));
  }
  throw new GptError(
    'tokenizer/pre-tokenizer',
    `${name}: the pre-tokenizer ${JSON.stringify(part['type'])} is not supported`,
    {
      hint: 'ByteLevel, Split, Digits and a Sequence of them are',
    },
  );
}

/** Gives up on a pattern that backtracks without end. */
function timed(split: Stage, regex: string, name: string): Stage {
  return (pieces) => {
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    const milliseconds = 2000 + Math.ceil(length / 200);
    const late = () =>
      new GptError(
        'tokenizer/slow-pattern',
        `${name}: the pattern ${JSON.stringify(regex)} takes more than ${(milliseconds / 1000).toFixed(0)} s to split ${length} characters`,
        { hint: 'it backtracks too much: write it without repetitions inside repetitions' },
      );
    return withinTime(milliseconds, () => split(pieces), late);
  };
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
