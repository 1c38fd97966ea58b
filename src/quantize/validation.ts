// The loss of a checkpoint on the validation text of the run that it lies in.
import { join } from 'node:path';
import type { Checkpoint } from '../checkpoint/index.js';
import type { MachineConfig } from '../config/index.js';
import { type Corpus, openCorpus, spanOf, type TokenSpan, windows } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, PhaseEvent } from '../events.js';
import { evaluationStep } from '../model/index.js';
import { evaluationBatch } from '../scoring/batch-size.js';
import { score } from '../scoring/score.js';
import { openModel } from '../session/open-model.js';
import { phase } from '../session/phase.js';

/** So many tokens tell what rounding costs. */
const mostTokens = 20_000;

/** The tokens of a run, where it has such for this model; they may have been deleted. Close them when done. */
export async function validationOf(run: string, checkpoint: Checkpoint): Promise<Corpus | undefined> {
  if (checkpoint.labels) return undefined;
  try {
    const corpus = openCorpus(join(run, 'tokens'), await checkpoint.loadTokenizer());
    if (corpus.validation.length > 1) return corpus;
    corpus.close();
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
  }
  return undefined;
}

/** Nats per token over the beginning of a text. */
export async function* validationLoss(
  checkpoint: Checkpoint,
  text: TokenSpan,
  machine: MachineConfig,
  signal: AbortSignal | undefined,
): AsyncGenerator<PhaseEvent | NoticeEvent, { readonly loss: number; readonly tokens: number }> {
  const { config } = checkpoint;
  const span = spanOf(text.read(0, Math.min(text.length, mostTokens)), text.name);
  const tokenizer = await checkpoint.loadTokenizer();
  const options = { keepOpen: true };
  const session = yield* openModel(checkpoint, tokenizer, { ...machine, quantize: 'auto' }, options);
  try {
    const { blockSize } = config;
    const batchSize = evaluationBatch(config, span.length);
    const program = await session.compile(evaluationStep(session.gpt, { batchSize, time: blockSize }));
    const sums = yield* phase(checkpoint.scheme ? `scoring ${checkpoint.scheme}` : 'scoring float32', (report) => {
      let done = 0;
      const batches = function* () {
        for (const batch of windows(span, { batchSize, blockSize })) {
          yield batch;
          done += batch.count;
          report(done, span.length);
        }
      };
      return score(program, batches(), signal);
    });
    signal?.throwIfAborted();
    return { loss: sums!.lossSum / sums!.count, tokens: sums!.count };
  } finally {
    await session.close();
  }
}
