// What pretraining trains: random batches of a corpus, measured on fixed ones. Knows no terminal and no text files.
import { rowRange } from '../cluster/index.js';
import type { PretrainConfig } from '../config/index.js';
import { type Corpus, randomBatch } from '../dataset/index.js';
import type { Feeds } from '../engine/index.js';
import type { RunEvent } from '../events.js';
import { textModelOf } from '../generate/text-model.js';
import { evaluationStep, lossStep } from '../model/index.js';
import type { TrainingRun } from '../run/training-run.js';
import type { TrainingTask } from '../run/training-task.js';
import type { Session } from '../session/session.js';
import { textEvaluator } from './evaluator.js';

/**
 * Compiles the training and evaluation programs.
 * @param settled the settings, with the number of steps: see `stepsOf`
 */
export async function* compileOnText(
  { workers, part, plan }: TrainingRun<'pretrain'>,
  session: Session,
  corpus: Corpus,
  settled: PretrainConfig,
): AsyncGenerator<RunEvent, TrainingTask> {
  const { gpt } = session;
  const { batchSize, gradAccum, seed, evalIters, sampleEvery } = settled;
  const { blockSize } = gpt.config;
  const shape = { batchSize, blockSize };
  const { train, validation, valBytes } = corpus;
  const loss = lossStep(gpt, { batchSize, time: blockSize }, { partial: true });
  const program = yield* session.compileTraining(loss, settled);
  const evaluation = await session.compile(evaluationStep(gpt, { batchSize, time: blockSize }));

  const dropping = gpt.config.dropout > 0;
  const key = Int32Array.of(seed);
  const tokensPerStep = plan.wholeBatch * blockSize * gradAccum;
  const tokenTotal = Float32Array.of(tokensPerStep);
  const feeds = (iter: number, micro: number): Feeds => ({
    ...randomBatch(train, shape, { seed, step: iter, micro, part }),
    tokenTotal,
    ...(dropping && {
      seed: key,
      step: Int32Array.of(iter - 1),
      firstRow: Int32Array.of(rowRange(part, batchSize, micro).from),
    }),
  });
  const textModel = textModelOf(session);
  return {
    settled,
    start: { tokens: { train: train.length, val: validation.length } },
    program,
    microBatches: (iter) => Array.from({ length: gradAccum }, (_, micro) => feeds(iter, micro)),
    evaluate: textEvaluator({
      ...{ program: evaluation, train, validation, valBytes, shape, evalIters, seed, part },
      addUp: (own) => workers.addUp(own, ['lossSum', 'count']),
    }),
    tokensPerStep,
    sampleInterval: sampleEvery,
    // A short text from the beginning-of-text token, for a look during training.
    sample: async () => (await textModel.complete('', { seed, maxNewTokens: 120 })).text,
    save: (directory, training, resumable) => session.save(directory, training, resumable),
  };
}
