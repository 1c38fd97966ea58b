// The loss of a model on a text: every token once, in windows of the context length.
import { join } from 'node:path';

import type { Checkpoint } from '../checkpoint/index.js';
import type { InferenceConfig } from '../config/index.js';
import { type Batch, buildCorpus, type Corpus, ignored, tokenBytes, windows } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { EvaluationEvent } from '../events.js';
import { evaluationStep } from '../model/index.js';
import { evaluationBatch } from '../scoring/batch-size.js';
import { score } from '../scoring/score.js';
import { isUnseen, unseenText } from '../scoring/unseen-characters.js';
import { requireModelMachine } from '../session/open-model.js';
import { phase } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { inEachFormat, withModel } from './formats.js';

export interface TextToScore {
  /** Files, folders, globs, or `-` for standard input. */
  readonly inputs: readonly string[];
  /** Key or column of the text in JSONL, JSON, CSV and TSV files. */
  readonly textColumns?: readonly string[] | undefined;
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Yields one `result`: loss, perplexity, bits per byte.
 * @param scratch a folder for the tokens
 * @throws GptError `eval/too-short`, `eval/unknown`, and what `openModel` throws
 */
export async function* evaluateText(
  checkpoint: Checkpoint,
  machine: InferenceConfig,
  options: TextToScore,
  scratch: string,
): AsyncGenerator<EvaluationEvent> {
  await requireModelMachine(checkpoint, machine);
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
    yield* inEachFormat(checkpoint, machine, (how, keepOpen) =>
      withModel(checkpoint, tokenizer, how, { keepOpen }, (session) => scoreText(session, corpus, signal)),
    );
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
