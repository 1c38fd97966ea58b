// Against transformers, with a model whose next token depends on the last one alone (scripts/goldens/search.py).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beamSearch } from './beams.js';
import type { Decoder } from './decoder.js';
import { noRepeatNgram, repetitionPenalty } from './filters/index.js';

interface Goldens {
  readonly end: number;
  readonly table: number[][];
  readonly searches: {
    prompt: number[];
    options: {
      beams: number;
      maxNewTokens: number;
      lengthPenalty?: number;
      noRepeatNgram?: number;
      repetitionPenalty?: number;
    };
    texts: { tokens: number[]; ended: boolean; score: number }[];
  }[];
  readonly blocked: { size: number; history: number[]; ids: number[] }[];
}

const goldens = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/search.json'), 'utf8')) as Goldens;
const { end, table } = goldens;

/** Counts decoders that are open. */
function tableDecoder(open: { count: number }): Decoder {
  open.count++;
  return {
    append: async (ids) => Float32Array.from(table[ids.at(-1)!]!),
    fork: async () => tableDecoder(open),
    close: () => {
      open.count--;
    },
  };
}

test.each(goldens.searches.map((each) => [JSON.stringify(each.options), each] as const))(
  'transformers finds the same texts with %s',
  async (_, { prompt, options, texts }) => {
    const open = { count: 0 };
    const { lengthPenalty = 1, repetitionPenalty: penalty = 1, noRepeatNgram: size = 0, ...rest } = options;
    const filters = [repetitionPenalty(penalty), noRepeatNgram(size)];
    const how = { ...rest, lengthPenalty, filters, ends: new Set([end]) };
    const found = await beamSearch({ decoder: tableDecoder(open), prompt, ...how });
    expect(found.map(({ tokens, finish }) => [tokens, finish])).toEqual(
      texts.map(({ tokens, ended }) => [tokens, ended ? 'eos' : 'length']),
    );
    texts.forEach(({ score }, i) => {
      expect(found[i]!.score).toBeCloseTo(score, 4);
    });
    expect(open.count).toBe(0);
  },
);

test('no token asked for gives one empty text; an aborted search closes its beams', async () => {
  const open = { count: 0 };
  const how = { prompt: [1], beams: 2, lengthPenalty: 1, filters: [], ends: new Set<number>() };
  expect(await beamSearch({ decoder: tableDecoder(open), maxNewTokens: 0, ...how })).toEqual([
    { tokens: [], finish: 'length', score: 0 },
  ]);
  const search = beamSearch({ decoder: tableDecoder(open), maxNewTokens: 5, signal: AbortSignal.abort(), ...how });
  await expect(search).rejects.toMatchObject({ name: 'AbortError' });
  expect(open.count).toBe(0);
});

test.each(goldens.blocked)('no-repeat-ngram $size after $history drops $ids', ({ size, history, ids }) => {
  const logits = noRepeatNgram(size)(new Float32Array(table.length), { position: 0, history });
  const dropped = [...logits].flatMap((logit, id) => (logit === Number.NEGATIVE_INFINITY ? [id] : []));
  expect(dropped).toEqual(ids);
});

test('no-repeat-ngram drops nothing where it would drop everything', () => {
  const logits = Float32Array.of(1, 2);
  expect([...noRepeatNgram(1)(logits, { position: 2, history: [0, 1] })]).toEqual([1, 2]);
});
