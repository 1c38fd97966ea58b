// The loss of a language model on the completions of examples, one compiled program per length.
import { type Encoded, padBatch, planOnce } from '../dataset/index.js';
import type { Program } from '../engine/types.js';
import { evaluationStep } from '../model/index.js';
import type { Session } from '../session/session.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { Score } from './score.js';

export interface ScoreOptions {
  readonly signal?: AbortSignal | undefined;
  /** Gets the number of examples that are scored. */
  readonly report?: (done: number) => void;
}

/** Nats and tokens of the completions of examples; null when `signal` stopped it. */
export type AnswerScorer = (examples: readonly Encoded[], options?: ScoreOptions) => Promise<Score | null>;

/** Scores completions with programs that are compiled when a length first occurs. */
export function answerScorer(session: Session, batchSize: number): AnswerScorer {
  const { blockSize } = session.gpt.config;
  const programs = new Map<number, Promise<Program>>();
  const programFor = (time: number) => {
    const program = programs.get(time) ?? session.compile(evaluationStep(session.gpt, { batchSize, time }));
    programs.set(time, program);
    return program;
  };
  return async (examples, { signal, report } = {}) => {
    const lengths = examples.map(({ ids }) => ids.length);
    let lossSum = 0;
    let count = 0;
    let done = 0;
    for (const planned of planOnce(lengths, { batchSize, blockSize })) {
      if (signal?.aborted) return null;
      const { ids, targets, length, rows } = padBatch(examples, planned, batchSize);
      const result = await (await programFor(length)).run({ ids, targets });
      lossSum += result['lossSum']![0]!;
      count += result['count']![0]!;
      done += rows.length;
      report?.(done);
      await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
    }
    return { lossSum, count };
  };
}

/** UTF-8 bytes of all that is to be answered; the end of text has none. */
export function answerBytes(examples: readonly Encoded[], tokenizer: Tokenizer): number {
  const lengths = Uint32Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.bytesOf(id).length);
  let bytes = 0;
  for (const { targets, unknownBytes = 0 } of examples) {
    bytes += unknownBytes;
    for (const target of targets) if (target >= 0) bytes += lengths[target]!;
  }
  return bytes;
}
