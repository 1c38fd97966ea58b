import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/index.js';
import { content, MemoryState, temporaryFolder, thrown } from '../checkpoint/testing/fixtures.js';
import { type GptConfig, parameterSpecs } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import { type ExplainOptions, type Explanation, explain } from './explain.js';
import { headScores, nameOf } from './heads.js';
import { largest, surpriseOf } from './surprise.js';

describe('surprise', () => {
  test('worked by hand: logits 0, ln 2, ln 5 are probabilities 1/8, 1/4, 5/8', () => {
    const logits = Float32Array.of(0, Math.log(2), Math.log(5));
    const { probability, bits, rank, top } = surpriseOf(logits, 0, 2);
    expect(probability).toBeCloseTo(1 / 8, 6);
    expect(bits).toBeCloseTo(3, 6);
    expect(rank).toBe(3);
    expect(top.map(({ id }) => id)).toEqual([2, 1]);
    expect(top[0]!.probability).toBeCloseTo(5 / 8, 6);
    expect(surpriseOf(logits, 2, 0)).toMatchObject({ rank: 1, top: [] });
  });

  test('is finite where probabilities underflow', () => {
    expect(surpriseOf(Float32Array.of(0, 2000), 0, 1).bits).toBeCloseTo(2000 / Math.LN2, 3);
  });

  test('the largest are sorted; of equal ones the earlier comes first', () => {
    expect(largest(Float32Array.of(1, 3, 2, 3, 0), 3)).toEqual([1, 3, 2]);
    expect(largest(Float32Array.of(1), 3)).toEqual([0]);
  });
});

describe('heads', () => {
  /** Weights of one head that looks at one place from each position. */
  const looking = (places: readonly number[]) => {
    const time = places.length;
    const data = new Float32Array(time * time);
    places.forEach((s, t) => {
      data[t * time + s] = 1;
    });
    return { layers: 1, heads: 1, time, data };
  };
  const ids = [5, 6, 7, 5, 6, 7];

  test.each([
    ['previous token', [0, 0, 1, 2, 3, 4]],
    ['first token', [0, 0, 0, 0, 0, 0]],
    ['duplicate token', [0, 1, 2, 0, 1, 2]],
    ['induction', [0, 1, 2, 1, 2, 3]],
  ] as const)('a head that does nothing but look at the %s is named so', (name, places) => {
    const [scores] = headScores(looking(places), ids, 3) as [ReturnType<typeof headScores>[number]];
    expect(nameOf(scores)).toBe(name);
    expect(Math.max(scores.previous, scores.first, scores.duplicate, scores.induction)).toBe(1);
  });

  test('one that looks at everything alike has no name', () => {
    const time = 6;
    const data = Float32Array.from({ length: 36 }, (_, i) =>
      i % time <= i / time ? 1 / (Math.floor(i / time) + 1) : 0,
    );
    expect(nameOf(headScores({ layers: 1, heads: 1, time, data }, ids, 3)[0]!)).toBeUndefined();
  });
});

describe.each(Object.entries(familyCases))('%s', (_name, config) => {
  const folder = temporaryFolder();

  async function explained(options: Partial<ExplainOptions>): Promise<Explanation> {
    const path = join(folder(), 'model');
    const whole = { ...config, vocabSize: 257 } as GptConfig;
    const state = new MemoryState(parameterSpecs(whole), false, 5);
    const { training: _, trained: __, ...rest } = content({ resumable: false });
    await saveCheckpoint(path, { ...rest, config: whole, state });
    let found: Explanation | undefined;
    for await (const event of explain({ run: path, text: 'abcabcab', ...options }))
      if (event.event === 'explanation') found = event;
    return found!;
  }

  test('weights are a distribution over earlier positions, and the last block predicts what the model predicts', async () => {
    const { tokens, attention, bits, heads } = await explained({
      text: 'abcabca',
      lens: true,
      attention: true,
      heads: true,
    });
    expect(tokens.map(({ text }) => text).join('')).toBe('abcabca');
    expect(bits).toBeCloseTo(
      tokens.reduce((sum, token) => sum + token.bits, 0),
      6,
    );
    for (const { lens, top } of tokens) {
      expect(lens).toHaveLength(config.nLayer + 1);
      expect(lens!.at(-1)).toEqual({ text: top[0]!.text, probability: expect.closeTo(top[0]!.probability, 4) });
    }
    expect(attention).toHaveLength(config.nLayer);
    for (const layer of attention!)
      for (const head of layer)
        head.forEach((row, t) => {
          expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
          expect(row.slice(t + 1).every((weight) => weight === 0)).toBe(true);
        });
    expect(heads).toHaveLength(config.nLayer * config.nHead);
  });

  test('a text longer than the context is scored in windows, each token once', async () => {
    const text = 'a long text, longer than eight bytes';
    const { tokens, bitsPerByte } = await explained({ text, top: 1 });
    expect(tokens).toHaveLength(text.length);
    expect(bitsPerByte).toBeCloseTo(tokens.reduce((sum, token) => sum + token.bits, 0) / text.length, 6);
    expect(tokens.every(({ top }) => top.length === 1)).toBe(true);
  });

  test('an empty text is an error', async () => {
    expect(await thrown(explained({ text: '' }))).toMatchObject({ code: 'explain/empty' });
  });
});
