// Which words led to a prediction: gradient x input, integrated gradients, and occlusion, which needs no gradient and so checks
// the other two.
import { gradientStep, type Predictor, predictionStep } from '../model/index.js';
import type { Report } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { type Contrast, outcomeName, scoreOf } from './contrast.js';
import type { Attribution, Shares } from './explanation.js';
import { type Reading, tokenText } from './reading.js';
import { wordsOf } from './words.js';

export interface Progress {
  readonly report?: (done: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Progress as a phase reports it. */
export interface PhaseProgress extends Pick<Progress, 'signal'> {
  readonly report: Report;
}

/** Points on the line of integrated gradients (the midpoint rule). */
const steps = 32;

/** Tokens of one batch of changed texts. */
const batchTokens = 2048;

/** The passes over a text of T tokens, each of which may be a word. */
export const attributionPasses = (time: number) => ({ gradients: steps + 1, predictions: time + 2 });

export const predictorOf = ({ classifier, gpt }: Session): Predictor => classifier ?? gpt;

/** Logits of what is predicted at the end of each of some readings of one length. */
export async function predictions(
  session: Session,
  texts: readonly (readonly number[])[],
  position: number,
  { report, signal }: Progress = {},
): Promise<Float32Array[]> {
  const time = texts[0]!.length;
  const batchSize = Math.max(1, Math.min(texts.length, Math.floor(batchTokens / time)));
  const program = await session.compile(predictionStep(predictorOf(session), { batchSize, time }));
  const found: Float32Array[] = [];
  for (let at = 0; at < texts.length; at += batchSize) {
    signal?.throwIfAborted();
    const rows = Array.from({ length: batchSize }, (_, i) => texts[at + i] ?? texts[at]!);
    const positions = new Int32Array(batchSize).fill(position);
    const logits = (await program.run({ ids: Int32Array.from(rows.flat()), positions }))['logits'] as Float32Array;
    const size = logits.length / batchSize;
    for (let i = 0; i < Math.min(batchSize, texts.length - at); i++) found.push(logits.slice(i * size, (i + 1) * size));
    report?.(found.length);
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  return found;
}

/** A token that means nothing: the end of text, which separates texts in training, or a stand-in where it has no embedding. */
function neutralToken({ tokenizer, gpt }: Session): number {
  const { endOfText, unknown } = tokenizer;
  return [endOfText, unknown, 0].find((id) => id !== undefined && id < gpt.config.vocabSize)!;
}

/** @param reading whose own tokens are replaced; those around them stay */
export async function attribute(
  session: Session,
  { ids, position, from, to }: Reading,
  contrast: Contrast,
  { report, signal }: PhaseProgress,
): Promise<Attribution> {
  const { tokenizer } = session;
  const neutral = neutralToken(session);
  const textOf = (a: number, b: number) => tokenizer.decode(ids.slice(from + a, from + b), { special: true });
  const words = wordsOf(to - from, textOf);
  const without = (a: number, b: number) => ids.map((id, t) => (t >= from + a && t < from + b ? neutral : id));
  const baseline = without(0, to - from);
  const changed = [ids, baseline, ...words.map((word) => without(word.from, word.to))];

  const total = steps + changed.length;
  const { product, integrated } = await gradients(session, { ids, baseline, position }, contrast, {
    report: (done) => report(done, total),
    signal,
  });
  const logits = await predictions(session, changed, position, {
    report: (done) => report(steps + done, total),
    signal,
  });
  const [score, replacedScore, ...occluded] = logits.map((each) => scoreOf(each, contrast)) as [number, number];

  const shares = (a: number, b: number): Shares => ({
    text: textOf(a, b),
    gradientInput: sum(product.subarray(from + a, from + b)),
    integrated: sum(integrated.subarray(from + a, from + b)),
  });
  return {
    target: outcomeName(session, contrast.target),
    other: outcomeName(session, contrast.other),
    score,
    replacement: tokenText(session, neutral),
    replacedScore,
    tokens: Array.from({ length: to - from }, (_, t) => shares(t, t + 1)),
    words: words.map((word, i) => ({ ...word, ...shares(word.from, word.to), occlusion: score - occluded[i]! })),
  };
}

interface Gradients {
  /** [T] gradient x input */
  readonly product: Float32Array;
  /** [T] integrated gradients from the baseline */
  readonly integrated: Float64Array;
}

async function gradients(
  session: Session,
  { ids, baseline, position }: { ids: readonly number[]; baseline: readonly number[]; position: number },
  { target, other, outcomes }: Contrast,
  { report, signal }: Progress,
): Promise<Gradients> {
  const program = await session.compile(gradientStep(predictorOf(session), ids.length));
  const weights = new Float32Array(outcomes);
  weights[target] = 1;
  weights[other] = -1;
  const text = { ids: Int32Array.from(ids), baseline: Int32Array.from(baseline), position: Int32Array.of(position) };
  const at = (fraction: number) => program.run({ ...text, weights, fraction: Float32Array.of(fraction) });
  const product = (await at(1))['product'] as Float32Array;
  const integrated = new Float64Array(ids.length);
  for (let i = 0; i < steps; i++) {
    signal?.throwIfAborted();
    const path = (await at((i + 0.5) / steps))['path'] as Float32Array;
    path.forEach((value, t) => {
      integrated[t]! += value / steps;
    });
    report?.(i + 1);
  }
  return { product, integrated };
}

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((whole, value) => whole + value, 0);
