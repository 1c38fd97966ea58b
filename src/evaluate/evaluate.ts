// Scores a text with a model: every token once, in windows of the context length.
import { join } from 'node:path';
import { type Checkpoint, openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, type MachineConfig, requireStrings, resolve } from '../config/index.js';
import {
  type Batch,
  buildCorpus,
  type Corpus,
  ignored,
  isTable,
  spoolInputs,
  tokenBytes,
  windows,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { EvaluationEvent } from '../events.js';
import { isPipe, scratchFolder } from '../files/index.js';
import { evaluationStep } from '../model/index.js';
import { score } from '../pretrain/evaluator.js';
import { evaluationBatch } from '../scoring/batch-size.js';
import { isUnseen, unseenText } from '../scoring/unseen-characters.js';
import { phase } from '../session/phase.js';
import { Session } from '../session/session.js';
import { evaluateLabelled, labelledTask } from './labelled.js';
import type { LabelledChoice } from './labelled-columns.js';

export interface EvaluateOptions extends LabelledChoice {
  /** A run folder, a checkpoint folder or a Hugging Face GPT-2 folder. */
  readonly run: string;
  /** Files, folders, globs, or `-` for standard input. */
  readonly inputs: readonly string[];
  readonly layers?: readonly Layer[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
}

const known: Record<keyof EvaluateOptions, boolean> = {
  ...{ run: true, inputs: true, layers: false, stdin: false, signal: false },
  ...{ textColumns: false, labelColumn: false, promptTemplate: false },
};

/**
 * Yields one `result`. A classifier and a table with labels: accuracy and confusion. A table with prompts and completions:
 * the loss of the completions. Anything else is scored as text: the first token after <|endoftext|> where the model knows
 * it, else not at all. Characters that did not occur in the training text are scored as the unknown token, with a
 * warning; models of earlier versions have no such token, and leave them out.
 */
export async function* evaluate(options: EvaluateOptions): AsyncGenerator<EvaluationEvent> {
  checkOptions('evaluate', options, known);
  requireStrings('"inputs"', options.inputs);
  const machine = resolve('eval', options.layers).values;
  const checkpoint = await openCheckpoint(options.run);
  const scratch = scratchFolder('gpt-cli-eval-');
  try {
    const { labels, directory } = checkpoint;
    // A table is opened twice, and a pipe can be read only once.
    const [first = ''] = options.inputs;
    const inputs =
      isTable(first) && isPipe(first) ? await spoolInputs(options.inputs, scratch.path, options) : options.inputs;
    const labelled = await labelledTask(inputs, labels, options);
    if (!labelled) {
      yield* evaluateText(checkpoint, machine, { ...options, inputs }, scratch.path);
      return;
    }
    const tokenizer = await checkpoint.loadTokenizer();
    const session = await Session.open(machine, checkpoint.config, tokenizer, { training: false, labels });
    try {
      for await (const event of session.fill(checkpoint, { seed: machine.seed, resuming: false })) {
        if (event.event === 'notice') yield event;
      }
      await checkpoint.close(); // a training run may now replace it
      yield* evaluateLabelled({ session, ...labelled, choice: options, directory, signal: options.signal });
    } finally {
      await session.close();
    }
  } finally {
    scratch.remove();
    await checkpoint.close();
  }
}

async function* evaluateText(
  checkpoint: Checkpoint,
  machine: MachineConfig,
  options: EvaluateOptions,
  scratch: string,
): AsyncGenerator<EvaluationEvent> {
  const tokenizer = await checkpoint.loadTokenizer();
  const { inputs, stdin, signal, textColumns } = options;
  const [textKey] = textColumns ?? [];
  const corpus = yield* phase('tokenizing', (report) =>
    buildCorpus({
      inputs,
      tokenizer,
      directory: join(scratch, 'tokens'),
      valSplit: 0,
      signal,
      ...(textKey !== undefined && { textKey }),
      onProgress: ({ bytes, totalBytes }) => report(bytes, totalBytes),
      ...(stdin && { stdin }),
    }),
  );
  try {
    const session = await Session.open(machine, checkpoint.config, tokenizer, { training: false });
    try {
      for await (const event of session.fill(checkpoint, { seed: machine.seed, resuming: false })) {
        if (event.event === 'notice') yield event;
      }
      await checkpoint.close(); // a training run may now replace it
      yield* scoreText(session, corpus, signal);
    } finally {
      await session.close();
    }
  } finally {
    corpus.close();
  }
}

async function* scoreText(
  session: Session,
  { train: span, meta }: Corpus,
  signal: AbortSignal | undefined,
): AsyncGenerator<EvaluationEvent> {
  const { gpt, tokenizer } = session;
  const { blockSize, vocabSize } = gpt.config;
  const before = tokenizer.endOfText < vocabSize ? tokenizer.endOfText : undefined;
  if (span.length < (before === undefined ? 2 : 1)) {
    throw new GptError('eval/too-short', `the text has ${span.length} token: there is nothing to score`);
  }
  const batchSize = evaluationBatch(gpt.config, span.length);
  const program = await session.compile(evaluationStep(gpt, { batchSize, time: blockSize }));
  const scored = new Scored(tokenBytes(tokenizer, meta.unknown), vocabSize, isUnseen(tokenizer));
  if (before === undefined) scored.begin(span.read(0, 1)[0]!);
  const sums = yield* phase('scoring', async (report) => {
    const batches = function* () {
      for (const batch of windows(span, { batchSize, blockSize }, before === undefined ? {} : { before })) {
        scored.add(batch);
        yield batch;
        report(scored.tokens + scored.withoutRow, span.length);
      }
    };
    const result = await score(program, batches(), signal);
    signal?.throwIfAborted();
    return result!;
  });
  const { unseen, withoutRow } = scored;
  if (unseen > 0) {
    const message = `${unseenText(unseen)}: ${withoutRow > 0 ? 'not scored' : 'scored as the unknown token'}`;
    yield { event: 'notice', level: 'warning', message };
  } else if (withoutRow > 0) {
    const message = `${withoutRow} of ${span.length} tokens have no row in the model: not scored`;
    yield { event: 'notice', level: 'warning', message };
  }
  if (sums.count === 0) {
    throw new GptError('eval/unknown', 'the training text contained none of these characters', {
      hint: 'evaluate it on text of the kind it was trained on',
    });
  }
  const loss = sums.lossSum / sums.count;
  const bitsPerByte = sums.lossSum / Math.LN2 / scored.bytes;
  const characters = unseen > 0 && { unseenCharacters: unseen };
  yield { event: 'result', loss, perplexity: Math.exp(loss), bitsPerByte, tokens: sums.count, ...characters };
}

/** Counts what is scored, and takes out of a batch what the model has no row for. */
class Scored {
  tokens = 0;
  bytes = 0;
  withoutRow = 0;
  /** Characters that the tokenizer has never seen. */
  unseen = 0;

  /** @param lengths UTF-8 bytes of each id */
  constructor(
    private readonly lengths: Float64Array,
    private readonly vocabSize: number,
    private readonly isUnseen: (id: number) => boolean,
  ) {}

  /** The first token, where nothing stands before it: it is read and not scored. */
  begin(id: number): void {
    if (this.isUnseen(id)) this.unseen++;
  }

  add({ ids, targets }: Batch): void {
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i]!;
      if (ids[i]! >= this.vocabSize) ids[i] = 0;
      if (target === ignored) continue;
      if (this.isUnseen(target)) this.unseen++;
      if (target >= this.vocabSize) {
        targets[i] = ignored;
        this.withoutRow++;
        continue;
      }
      this.tokens++;
      this.bytes += this.lengths[target]!;
    }
  }
}
