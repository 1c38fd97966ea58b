// Passages of the training text in what a model wrote, as lines for a person.
import type { Extraction, MemorizationEvent, Memorized, Passage, Place } from '../events.js';
import { count, percent, table } from './format.js';

/** From this many occurrences on a passage is called a common phrase. */
const common = 10;

/** Passages that are listed, and characters of each. */
const listed = 20;
const shown = 100;

function placeText({ source, document, line, byte }: Place, others: number): string {
  const where = `${source ?? `document ${count(document)}`}, line ${count(line)}, byte ${count(byte)}`;
  return others > 0 ? `${where} and ${count(others)} more` : where;
}

function quoted(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length <= shown ? text : `${characters.slice(0, shown - 3).join('')}...`);
}

function passageRow({ length, occurrences, places, text }: Omit<Passage, 'start'>): string[] {
  const often =
    occurrences >= common
      ? `${count(occurrences)} times, a common phrase`
      : occurrences === 1
        ? 'once'
        : `${occurrences} times`;
  return [`${count(length)} tokens`, often, placeText(places[0]!, occurrences - 1), quoted(text)];
}

function passageLines(passages: readonly Omit<Passage, 'start'>[]): string[] {
  const lines = table(passages.slice(0, listed).map(passageRow), [0]);
  const more = passages.length - listed;
  return more > 0 ? [...lines, `and ${count(more)} more; --json has all`] : lines;
}

/** What of one sample is memorized. */
export function memorizedLines({ minMatch, tokens, memorizedTokens, passages }: Memorized): string[] {
  if (passages.length === 0) return [`memorized: no passage of ${minMatch} tokens or more`];
  const share = `${count(memorizedTokens)} of ${count(tokens)} tokens occur in the training text`;
  return [`memorized: ${share}, in passages of ${minMatch} tokens or more`, ...passageLines(passages)];
}

function extractionText({ samples, extracted, rate, matchedTokens }: Extraction): string {
  return `${count(extracted)} of ${count(samples)} passages (${percent(rate)}) continued verbatim, ${matchedTokens.toFixed(1)} tokens on average`;
}

/** The result of `eval --memorized`. */
export function memorizationLines({ extraction, heldOut, generated, minMatch, passages }: MemorizationEvent): string[] {
  const { promptTokens, continuationTokens } = extraction;
  const { samples, tokens, memorizedTokens, share, longest } = generated;
  const rows = [
    ['prompts', `up to ${promptTokens} tokens each; the next ${continuationTokens} are compared`],
    ['training text', extractionText(extraction)],
    ...(heldOut ? [['held-out text', extractionText(heldOut)]] : []),
    [
      'unprompted',
      `${count(memorizedTokens)} of ${count(tokens)} tokens in ${count(samples)} samples (${percent(share)}) occur in the training text, in passages of ${minMatch} or more`,
    ],
    ['longest', longest === 0 ? 'no passage' : `${count(longest)} tokens`],
  ];
  return [...table(rows), ...(passages.length > 0 ? ['', ...passageLines(passages)] : [])];
}
