// The tokens whose embeddings point the way of a word's.
import { GptError } from '../errors.js';
import type { Tokenizer } from '../tokenizer/index.js';

export interface Neighbour {
  readonly text: string;
  readonly id: number;
  /** Of the two embeddings. */
  readonly cosine: number;
}

export interface Neighbourhood {
  /** What was looked up: the word, or the word behind a space, as it stands within a text. */
  readonly text: string;
  /** Of several tokens the mean embedding is looked up. */
  readonly ids: readonly number[];
  readonly neighbours: readonly Neighbour[];
}

/** Neighbours of each word. */
const listed = 10;

/**
 * @param table [rows, width], a row for each token
 * @throws GptError `weights/word` for a word without a token in the table
 */
export function neighboursOf(word: string, table: Float32Array, width: number, tokenizer: Tokenizer): Neighbourhood[] {
  const rows = Math.min(table.length / width, tokenizer.vocabSize);
  const found = new Map<string, Neighbourhood>();
  for (const text of tokenizer.kind === 'bpe' && !word.startsWith(' ') ? [word, ` ${word}`] : [word]) {
    const ids = [...tokenizer.encode(text)];
    if (ids.length === 0 || ids.some((id) => id >= rows || id === tokenizer.unknown)) continue;
    found.set(ids.join(), { text, ids, neighbours: nearest(ids, table, rows, width, tokenizer) });
  }
  if (found.size === 0) throw new GptError('weights/word', `${JSON.stringify(word)} has no token that the model knows`);
  return [...found.values()];
}

function nearest(
  ids: readonly number[],
  table: Float32Array,
  rows: number,
  width: number,
  tokenizer: Tokenizer,
): Neighbour[] {
  const wanted = new Float64Array(width);
  for (const id of ids) for (let i = 0; i < width; i++) wanted[i]! += table[id * width + i]!;
  const length = Math.sqrt(wanted.reduce((sum, value) => sum + value * value, 0));
  const cosines: { id: number; cosine: number }[] = [];
  for (let id = 0; id < rows; id++) {
    let product = 0;
    let square = 0;
    for (let i = 0; i < width; i++) {
      const value = table[id * width + i]!;
      product += value * wanted[i]!;
      square += value * value;
    }
    const cosine = product / (length * Math.sqrt(square));
    if (!ids.includes(id) && Number.isFinite(cosine)) cosines.push({ id, cosine });
  }
  cosines.sort((a, b) => b.cosine - a.cosine || a.id - b.id);
  return cosines
    .slice(0, listed)
    .map(({ id, cosine }) => ({ text: tokenizer.decode([id], { special: true }), id, cosine }));
}
