// What `explain` found, as lines for a terminal.
import type { Explanation } from '../explain/explain.js';
import type { Attribution, ExplainedToken, Likely, NamedHead, Patching } from '../explain/explanation.js';
import type { Context } from './context.js';
import { percent, table } from './format.js';
import type { Paint } from './terminal-text.js';

/** Characters of a token that a table shows. */
const mostShown = 32;

/** A token as JSON, so that spaces and control characters show. */
function quoted(text: string): string {
  const characters = [...text];
  return JSON.stringify(characters.length > mostShown ? `${characters.slice(0, mostShown - 1).join('')}…` : text);
}

/** From this many bits on a token has the strongest colour. */
const strongest = 12;

/** The text, each token on a background that is the redder the more surprising it was. */
function coloured(tokens: readonly ExplainedToken[], paint: Paint): string {
  const style = (bits: number) => paint.background(Math.round(20 + 180 * Math.min(1, bits / strongest)), 20, 30);
  return tokens.map(({ text, bits }) => style(bits)(text)).join('');
}

const likelyLine = (likely: readonly Likely[]) =>
  likely.map(({ text, probability }) => `${quoted(text)} ${percent(probability)}`).join('  ');

function tokenTable(tokens: readonly ExplainedToken[]): string[] {
  const rows = tokens.map(({ text, bits, probability, rank, top }) => [
    quoted(text),
    bits.toFixed(2),
    percent(probability),
    String(rank),
    likelyLine(top),
  ]);
  return table([['token', 'bits', 'probability', 'rank', 'most likely'], ...rows], [1, 2, 3]);
}

const layerNames = (count: number) => Array.from({ length: count }, (_, i) => (i === 0 ? 'embeddings' : `block ${i}`));

function lensTable(tokens: readonly ExplainedToken[]): string[] {
  const rows = tokens.map(({ text, lens }) => [
    quoted(text),
    ...lens!.map((each) => `${quoted(each.text)} ${(100 * each.probability).toFixed(0)} %`),
  ]);
  return table([['token', ...layerNames(tokens[0]!.lens!.length)], ...rows]);
}

function classTable(classes: readonly Likely[]): string[] {
  return table(
    classes.map(({ text, probability }) => [text, percent(probability), '█'.repeat(Math.round(24 * probability))]),
    [1],
  );
}

function headTable(heads: readonly NamedHead[]): string[] {
  const rows = heads.map(({ layer, head, previous, first, duplicate, induction, name }) => {
    const scores = [previous, first, duplicate, induction].map((score) => score.toFixed(2));
    return [`${layer + 1}.${head + 1}`, ...scores, name ?? ''];
  });
  return table([['block.head', 'previous', 'first', 'duplicate', 'induction', ''], ...rows], [1, 2, 3, 4]);
}

const signed = (value: number) => `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(2)}`;

/** On blue what is positive, on red what is negative, the stronger the larger. */
function tinted(value: number, most: number, paint: Paint): string {
  const strength = Math.round(160 * Math.min(1, Math.abs(value) / (most || 1)));
  return value < 0
    ? paint.background(20 + strength, 20, 30)(signed(value))
    : paint.background(20, 30, 30 + strength)(signed(value));
}

const largestOf = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function attributionLines(
  { target, other, score, replacement, replacedScore, words }: Attribution,
  paint: Paint,
): string[] {
  const columns = ['occlusion', 'integrated', 'gradientInput'] as const;
  const most = Object.fromEntries(columns.map((column) => [column, largestOf(words.map((word) => word[column]))]));
  const rows = words.map((word) => [
    quoted(word.text),
    ...columns.map((column) => tinted(word[column], most[column]!, paint)),
  ]);
  return [
    `why ${quoted(target)} rather than ${quoted(other)}: difference of logits ${signed(score)}, ${signed(replacedScore)} with ${quoted(replacement)} in place of every token`,
    ...table([['word', 'occlusion', 'integrated', 'gradient x input'], ...rows], [1, 2, 3]),
  ];
}

function patchingLines(
  { target, other, score, againstScore, tokens, againstTokens, change }: Patching,
  paint: Paint,
): string[] {
  const first = tokens.findIndex((token, t) => token !== againstTokens[t]);
  const most = largestOf(change.flat());
  const rows = tokens
    .map((token, t) => [
      quoted(token),
      token === againstTokens[t] ? '' : quoted(againstTokens[t]!),
      ...change.map((layer) => tinted(layer[t]!, most, paint)),
    ])
    .slice(first);
  const header = ['token', 'against', ...layerNames(change.length)];
  return [
    `${quoted(target)} rather than ${quoted(other)}: difference of logits ${signed(score)}, against ${signed(againstScore)}; its change when the residual stream is patched`,
    ...table([header, ...rows], header.map((_, i) => i).slice(2)),
  ];
}

/** How many tokens of a document are listed. */
const listed = 20;

/** @param document the most surprising tokens are listed instead of all */
export function showExplanation(explanation: Explanation, document: boolean, context: Context): void {
  const { tokens, bits, bitsPerByte, classes, next, attribution, patching, heads } = explanation;
  const { paint } = context;
  const parts: string[][] = [];
  if (tokens.length > 0) {
    if (context.color && !document) parts.push([coloured(tokens, paint)]);
    const shown = document ? [...tokens].sort((a, b) => b.bits - a.bits).slice(0, listed) : tokens;
    parts.push(tokenTable(shown));
    if (tokens[0]!.lens) parts.push(lensTable(shown));
    parts.push([`${tokens.length} tokens, ${bits.toFixed(1)} bits, ${bitsPerByte.toFixed(3)} bits per byte`]);
  }
  if (classes) parts.push(classTable(classes));
  if (next?.length) parts.push([`next: ${likelyLine(next)}`]);
  if (attribution) parts.push(attributionLines(attribution, paint));
  if (patching) parts.push(patchingLines(patching, paint));
  if (heads) parts.push(headTable(heads));
  context.print(parts.map((lines) => lines.join('\n')).join('\n\n'));
}
