// Writes texts with a trained model. Knows no terminal: it yields pieces as they are written, and each finished text.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../config/index.js';
import type { SamplingEvent } from '../events.js';
import type { MemorizationCheck } from '../memorization/check.js';
import { openModel } from '../session/open-model.js';
import { inOrder } from './in-order.js';
import { textModelOf } from './text-model.js';
import { checkSamples, contextNotice, openedCheck, SampleWriter } from './write.js';

export interface SampleOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Without it: from the beginning-of-text token. */
  readonly prompt?: string | undefined;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields `piece` events as text becomes complete and one `sample` for each text, one text after the other; they are written at the
 * same time. The same seed gives the same texts, however many are asked for. A prompt longer than the context is reported, and
 * only its end is read. With the setting `checkMemorized` each `sample` says which passages of it are in the training text.
 */
export async function* sample(options: SampleOptions): AsyncGenerator<SamplingEvent> {
  checkOptions('sample', options, { run: true, prompt: false, layers: false, signal: false });
  const { values: config, sources } = resolve('sample', options.layers);
  checkSamples(config, sources);
  const { numSamples, beams, maxBatch, maxNewTokens } = config;
  const checkpoint = await openCheckpoint(options.run);
  let check: MemorizationCheck | undefined;
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    check = yield* openedCheck(config, { run: options.run, checkpoint, tokenizer, signal: options.signal });
    const session = yield* openModel(checkpoint, tokenizer, config);
    try {
      const together = Math.min(maxBatch, numSamples);
      const model = textModelOf(session, { maxTexts: beams > 1 ? beams : together });
      const text = options.prompt ?? '';
      const prompt = model.prompt(text);
      if (prompt.unknown !== '') {
        const how = tokenizer.unknown === undefined ? 'skipped' : 'read as the unknown token';
        const message = `the training text did not contain ${JSON.stringify(prompt.unknown)}: ${how}`;
        yield { event: 'notice', level: 'warning', message };
      }
      const { blockSize } = checkpoint.config;
      if (prompt.ids.length > blockSize) {
        const message = `the prompt has ${prompt.ids.length} tokens; the model reads the last ${blockSize}`;
        yield { event: 'notice', level: 'warning', message };
      }
      yield* contextNotice(model, Math.min(prompt.ids.length, blockSize) + maxNewTokens);
      const writer = new SampleWriter(model, tokenizer, config, { check, signal: options.signal });
      const job = { ids: prompt.ids, prompt: text, index: 0 };
      if (beams > 1) yield* writer.search(job);
      else yield* inOrder(numSamples, together, (index) => writer.write({ ...job, index }));
    } finally {
      await session.close();
    }
  } finally {
    check?.close();
    await checkpoint.close();
  }
}
