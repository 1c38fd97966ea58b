import { minP, temperature, topK, topP } from './filters/index.js';
import { compose, draw, greedy, pickOf, sampleRandom } from './pick.js';

const at = (position: number) => ({ position, history: [] as number[] });
const log = (...probabilities: number[]) => Float32Array.from(probabilities, Math.log);
const plain = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  noRepeatNgram: 0,
  greedy: false,
  seed: 1337,
};

function counts(pick: ReturnType<typeof compose>, logits: Float32Array, draws: number): number[] {
  const seen = new Array<number>(logits.length).fill(0);
  for (let i = 0; i < draws; i++) seen[pick(logits, at(i))]!++;
  return seen;
}

/** Pearson's statistic; tokens that cannot occur must not occur. */
function chiSquare(seen: number[], probabilities: number[], draws: number): number {
  return seen.reduce((sum, n, id) => {
    const expected = probabilities[id]! * draws;
    if (expected === 0) expect(n).toBe(0);
    return expected === 0 ? sum : sum + (n - expected) ** 2 / expected;
  }, 0);
}

test('draws follow the softmax (chi-square, 8000 draws, 4 degrees of freedom, p = 0.001)', () => {
  const probabilities = [0.5, 0.2, 0.15, 0.1, 0.05];
  const seen = counts(compose(draw(sampleRandom(1337, 0))), log(...probabilities), 8000);
  expect(chiSquare(seen, probabilities, 8000)).toBeLessThan(18.47);
});

test('draws follow the softmax that temperature, top-k and top-p leave', () => {
  const pick = compose(temperature(0.5), topK(3), topP(0.999), draw(sampleRandom(7, 2)));
  const squares = [16, 9, 4].map((x) => x / 29);
  const seen = counts(pick, log(0.4, 0.3, 0.2, 0.1), 8000);
  expect(chiSquare(seen, [...squares, 0], 8000)).toBeLessThan(13.82);
});

test('a token is a function of seed, sample and position', () => {
  const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i));
  const tokens = (seed: number, index: number) => {
    const pick = pickOf({ ...plain, seed }, index, { vocabSize: 50 });
    return [0, 1, 2, 3, 4, 5, 6, 7].map((position) => pick(logits, at(position)));
  };
  expect(tokens(1, 0)).toEqual(tokens(1, 0));
  expect(tokens(1, 0)).not.toEqual(tokens(2, 0));
  expect(tokens(1, 0)).not.toEqual(tokens(1, 1));
  const pick = pickOf({ ...plain, seed: 1 }, 0, { vocabSize: 50 });
  expect(pick(logits, at(5))).toBe(tokens(1, 0)[5]); // whatever was drawn before
});

test('of equal logits greedy takes the lowest id', () => {
  expect(greedy(Float32Array.of(1, 3, 3, 2), at(0))).toBe(1);
});

test('temperature 0 and --greedy are the same, and the seed does not matter', () => {
  const logits = Float32Array.of(0, 1, 5, 2);
  expect(pickOf({ ...plain, temperature: 0, seed: 3 }, 0, { vocabSize: 4 })(logits, at(0))).toBe(2);
  expect(pickOf({ ...plain, greedy: true, seed: 9 }, 5, { vocabSize: 4 })(logits, at(0))).toBe(2);
});

test('the repetition penalty holds for greedy too', () => {
  const pick = pickOf({ ...plain, greedy: true, repetitionPenalty: 4 }, 0, { vocabSize: 3 });
  expect(pick(Float32Array.of(1, 3, 2), { position: 1, history: [1] })).toBe(2);
});

test('ids above the vocabulary of the tokenizer are never drawn', () => {
  expect(pickOf({ ...plain, greedy: true }, 0, { vocabSize: 2 })(Float32Array.of(1, 2, 50), at(0))).toBe(1);
});

test('the strictest filters leave one token', () => {
  const pick = compose(temperature(1e-30), topK(1), topP(1e-9), minP(1), draw(sampleRandom(1, 1)));
  expect(pick(Float32Array.of(-5, -4, -4.001), at(0))).toBe(1);
});

test('the last token that is possible is drawn when rounding leaves the sum below the number', () => {
  expect(compose(draw(() => 1 - 2 ** -53))(Float32Array.of(0, 0, Number.NEGATIVE_INFINITY), at(0))).toBe(1);
});

test.each([
  [Float32Array.of(1, Number.NaN), 'the model gave NaN for token 1 at position 4'],
  [Float32Array.of(Number.POSITIVE_INFINITY, 1), 'the model gave Infinity for token 0 at position 4'],
  [Float32Array.of(Number.NEGATIVE_INFINITY), 'the model gave -Infinity for every token at position 4'],
])('logits %p are an error', (logits, message) => {
  expect(() => pickOf(plain, 0, { vocabSize: 2 })(logits, at(4))).toThrow(
    expect.objectContaining({ code: 'sample/nan', message }),
  );
});
