import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/index.js';
import { content, MemoryState, temporaryFolder, thrown } from '../checkpoint/testing/fixtures.js';
import { type GptConfig, headSpec, parameterSpecs } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import type { Session } from '../session/session.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { contrastOf, scoreOf } from './contrast.js';
import { type ExplainOptions, type Explanation, explain } from './explain.js';
import { headScores, nameOf } from './heads.js';
import { patch } from './patching.js';
import { largest, surpriseOf } from './surprise.js';
import { wordsOf } from './words.js';

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

describe('words', () => {
  const words = (...tokens: string[]) =>
    wordsOf(tokens.length, (from, to) => tokens.slice(from, to).join('')).map(({ text }) => text);

  test('take the space before them; punctuation is apart', () => {
    expect(words('The', ' f', 'ox', "'s", ',', ' old', '."', '\n', 'No')).toEqual([
      'The',
      " fox's",
      ',',
      ' old',
      '."',
      '\nNo',
    ]);
    expect(words(...'a bc, d')).toEqual(['a', ' bc', ',', ' d']);
  });

  test('parts of a character stay with the word before', () => {
    expect(words('caf', '\ufffd', '\ufffd', ' x')).toEqual(['caf\ufffd\ufffd', ' x']);
    expect(words('\ufffd', '\ufffd')).toEqual(['\ufffd\ufffd']);
    expect(words()).toEqual([]);
  });
});

const folder = temporaryFolder();

/** What `explain` gives of a model with random weights; with labels a classifier. */
async function explained(
  config: GptConfig,
  { scale = 1, ...options }: Partial<ExplainOptions> & { readonly scale?: number },
  labels?: readonly string[],
): Promise<Explanation> {
  const path = join(folder(), 'model');
  const whole = { ...config, vocabSize: 257 } as GptConfig;
  const state = new MemoryState(
    [...parameterSpecs(whole), ...(labels ? [headSpec(whole, labels.length)] : [])],
    false,
    5,
  );
  for (const [name, data] of state.data)
    state.data.set(
      name,
      data.map((value) => scale * value),
    );
  const { training: _, trained: __, ...rest } = content({ resumable: false });
  await saveCheckpoint(path, { ...rest, config: whole, state, ...(labels && { labels }) });
  for await (const event of explain({ run: path, text: 'abcabcab', ...options }))
    if (event.event === 'explanation') return event;
  throw new Error('nothing was explained');
}

describe.each(Object.entries(familyCases))('%s', (_name, config) => {
  test('weights are a distribution over earlier positions, and the last block predicts what the model predicts', async () => {
    const { tokens, attention, positions, bits, heads } = await explained(config, {
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
    expect(positions!.join('')).toBe('<|endoftext|>abcabca');
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
    const { tokens, bitsPerByte } = await explained(config, { text, top: 1 });
    expect(tokens).toHaveLength(text.length);
    expect(bitsPerByte).toBeCloseTo(tokens.reduce((sum, token) => sum + token.bits, 0) / text.length, 6);
    expect(tokens.every(({ top }) => top.length === 1)).toBe(true);
  });

  test('an empty text is an error', async () => {
    expect(await thrown(explained(config, { text: '' }))).toMatchObject({ code: 'explain/empty' });
  });

  test('attribution is complete, and patching at the last position carries all of the difference', async () => {
    const text = { text: 'ab, cd', against: 'ab, xd', targets: ['x', 'y'] };
    const { attribution, patching, next } = await explained(config, { ...text, attribution: true, scale: 0.1 });
    const { score, replacedScore, words, tokens, target, other } = attribution!;
    expect([target, other]).toEqual(['x', 'y']);
    expect(next).toHaveLength(3);
    expect(next![0]!.probability).toBeGreaterThanOrEqual(next![1]!.probability);
    expect(words.map(({ text }) => text)).toEqual(['ab', ',', ' cd']);
    const total = (key: 'integrated' | 'gradientInput', shares: readonly Record<typeof key, number>[]) =>
      shares.reduce((sum, share) => sum + share[key], 0);
    expect(total('gradientInput', words)).toBeCloseTo(total('gradientInput', tokens), 5);
    const gap = Math.abs(total('integrated', words) - (score - replacedScore));
    expect(gap).toBeLessThan(0.02 * Math.max(...words.map(({ integrated }) => Math.abs(integrated))));

    const { change, tokens: read, againstTokens } = patching!;
    expect([read.join(''), againstTokens.join('')]).toEqual(['<|endoftext|>ab, cd', '<|endoftext|>ab, xd']);
    expect(patching!.score).toBeCloseTo(score, 4);
    const whole = expect.closeTo(score - patching!.againstScore, 4);
    expect(change).toHaveLength(config.nLayer + 1);
    expect(change[0]).toEqual([0, 0, 0, 0, 0, whole, 0]);
    expect(change.at(-1)).toEqual([0, 0, 0, 0, 0, 0, whole]);
    for (const layer of change) expect(layer.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  });
});

describe('a classifier', () => {
  const config = familyCases['gpt2']!;
  const labels = ['no', 'yes', 'maybe'];

  test('has its labels with probabilities, and the words that led to one', async () => {
    const { tokens, classes, attribution } = await explained(config, { text: 'ab cd' }, labels);
    expect(tokens).toEqual([]);
    expect(classes!.map(({ text }) => text).sort()).toEqual([...labels].sort());
    expect(classes!.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 6);
    const [first, second] = classes!;
    expect([attribution!.target, attribution!.other]).toEqual([first!.text, second!.text]);
    expect(attribution!.score).toBeCloseTo(Math.log(first!.probability / second!.probability), 4);
    const other = await explained(config, { text: 'ab cd', targets: [second!.text, first!.text] }, labels);
    expect(other.attribution!.score).toBeCloseTo(-attribution!.score, 4);
    other.attribution!.words.forEach((word, i) => {
      expect(word.occlusion).toBeCloseTo(-attribution!.words[i]!.occlusion, 4);
      expect(word.gradientInput).toBeCloseTo(-attribution!.words[i]!.gradientInput, 4);
    });
  });

  test('is patched, and shows its attention', async () => {
    const { patching, attention, positions } = await explained(
      config,
      { text: 'abcd', against: 'abxd', attention: true },
      labels,
    );
    expect(patching!.change.at(-1)!.at(-1)).toBeCloseTo(patching!.score - patching!.againstScore, 3);
    expect(positions).toEqual([...'abcd']);
    expect([attention!.length, attention![0]!.length, attention![0]![0]!.length]).toEqual([2, 4, 4]);
  });

  test.each([
    ['a lens', { lens: true }, labels, 'explain/classifier'],
    ['an unknown label', { targets: ['nope'] }, labels, 'explain/target'],
    ['a text that the context does not hold', { text: 'abcdefghi' }, labels, 'explain/long'],
    ['a text without tokens to compare with', { text: 'ab', against: '' }, labels, 'explain/empty'],
    ['choices', {}, ['choice'], 'explain/classifier'],
  ] as const)('%s is an error', async (_what, options, names, code) => {
    expect(await thrown(explained(config, options, names))).toMatchObject({ code });
  });
});

describe('of the bytes of a language model', () => {
  const tokenizer = byteTokenizer();
  const session = { tokenizer, gpt: { config: { vocabSize: 257, nLayer: 2 } } } as unknown as Session;
  const logits = new Float32Array(257).fill(-1);
  logits[97] = 3;
  logits[98] = 2;

  test('the most likely next tokens are compared, or those that are named', () => {
    expect(contrastOf(session, logits, [])).toEqual({ target: 97, other: 98, outcomes: 257 });
    expect(contrastOf(session, logits, ['a'])).toEqual({ target: 97, other: 98, outcomes: 257 });
    expect(contrastOf(session, logits, ['z'])).toEqual({ target: 122, other: 97, outcomes: 257 });
    expect(contrastOf(session, logits, ['z', 'y'])).toEqual({ target: 122, other: 121, outcomes: 257 });
    expect(scoreOf(logits, contrastOf(session, logits, []))).toBe(1);
  });

  test.each([
    ['two tokens', ['ab'], '"ab" is 2 tokens, "a" "b"'],
    ['no token', [''], '"" is no token'],
    ['three targets', ['a', 'b', 'c'], '3 targets'],
    ['one target twice', ['a', 'a'], 'both targets are "a"'],
  ])('%s is an error', async (_what, targets, message) => {
    const error = await thrown(() => contrastOf(session, logits, targets));
    expect(error).toMatchObject({ code: 'explain/target', message: expect.stringContaining(message) });
  });

  test('NaN in the prediction is an error, not an explanation', async () => {
    const broken = logits.map((value, i) => (i === 5 ? Number.NaN : value));
    expect(await thrown(() => contrastOf(session, broken, []))).toMatchObject({ code: 'explain/logits' });
  });

  const reading = (text: string) => {
    const ids = [tokenizer.endOfText, ...tokenizer.encode(text)];
    return { ids, position: ids.length - 1, from: 1, to: ids.length };
  };
  test.each([
    ['other lengths', 'ab cd', 'ab cde', 'first at " cd" (3 tokens) and " cde" (4 tokens)'],
    ['a word more', 'ab cd', 'ab', 'first at " cd" (3 tokens) and the end of the text'],
    ['one token', 'a', 'aa', 'first at "a" (1 token) and "aa" (2 tokens)'],
    ['the same text', 'ab', 'ab', 'the same tokens'],
  ])('texts that cannot be compared are an error: %s', async (_what, text, against, message) => {
    const contrast = { target: 1, other: 2, outcomes: 257 };
    const error = await thrown(patch(session, reading(text), reading(against), contrast, { report: () => {} }));
    expect(error).toMatchObject({ code: 'explain/length', message: expect.stringContaining(message) });
  });
});
