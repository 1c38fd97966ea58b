// Writes texts with a trained model. Knows no terminal: it yields pieces as they are written, and each finished text.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve, samplingOf } from '../config/index.js';
import { GptError } from '../errors.js';
import type { SamplingEvent } from '../events.js';
import type { MemorizationCheck } from '../memorization/check.js';
import { openModel } from '../session/open-model.js';
import { textModelOf } from './text-model.js';

export interface SampleOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Without it: from the beginning-of-text token. */
  readonly prompt?: string | undefined;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields `piece` events as text becomes complete and one `sample` for each text. The same seed gives the same texts,
 * however many are asked for. A prompt longer than the context is reported, and only its end is read. With the setting
 * `checkMemorized` each `sample` says which passages of it are in the training text.
 */
export async function* sample(options: SampleOptions): AsyncGenerator<SamplingEvent> {
  checkOptions('sample', options, { run: true, prompt: false, layers: false, signal: false });
  const config = resolve('sample', options.layers).values;
  const { checkMemorized, minMatch } = config;
  if (minMatch !== null && !checkMemorized) {
    throw new GptError('config/min-match', 'min-match has no effect without check-memorized', {
      hint: 'add --check-memorized',
    });
  }
  const checkpoint = await openCheckpoint(options.run);
  let check: MemorizationCheck | undefined;
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    if (checkMemorized) {
      const { openCheck } = await import('../memorization/check.js');
      const { run, signal } = options;
      check = yield* openCheck({ run, checkpoint, tokenizer, minMatch: minMatch ?? undefined, signal });
    }
    const session = yield* openModel(checkpoint, tokenizer, config);
    try {
      const model = textModelOf(session);
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
      const how = samplingOf(config);
      for (let index = 0; index < config.numSamples; index++) {
        for await (const event of model.generate(prompt, { ...how, index, signal: options.signal })) {
          if (event.kind === 'piece') yield { event: 'piece', index, text: event.text };
          else {
            const { text: written, tokens, finish, tokensPerSecond } = event;
            const memorized = check && { memorized: check.check(tokens) };
            yield {
              event: 'sample',
              index,
              prompt: text,
              text: written,
              tokens,
              finish,
              tokensPerSecond,
              ...memorized,
            };
          }
        }
      }
    } finally {
      await session.close();
    }
  } finally {
    check?.close();
    await checkpoint.close();
  }
}
