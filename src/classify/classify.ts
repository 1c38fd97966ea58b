// Labels for texts: one, the lines of a stream, or the rows of a file of any size. Knows no terminal and writes no file.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../config/index.js';
import { type ChoiceExample, encodeChoice, encodeClassification, Findings } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { ClassEvent, ClassifyingEvent } from '../events.js';
import { scoresChoices } from '../model/index.js';
import { ClassifierModel } from '../scoring/classifier-model.js';
import { classificationTokens, notice } from '../scoring/encode.js';
import { openModel } from '../session/open-model.js';
import { phase } from '../session/phase.js';
import { type Classified, type ClassifyInput, examplesOf, rowsOf } from './input.js';

export interface ClassifyOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder of a classifier. */
  readonly run: string;
  /** The texts, a CSV, TSV, JSONL or plain text file (one text per line), or a stream of lines. Blank lines are skipped. */
  readonly input: ClassifyInput;
  /** Of a file: the column of the text, or of two texts. */
  readonly textColumns?: readonly string[] | undefined;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

/** Texts that are sorted by length together: few enough for memory, many enough for full batches. */
const chunkSize = 1024;
const batchSize = 32;

/**
 * Yields a `class` event for every text, in their order, and a `phase` now and then for files.
 * @throws GptError `classify/no-labels` for a model without a head, `data/...` for a broken file
 */
export async function* classify(options: ClassifyOptions): AsyncGenerator<ClassifyingEvent> {
  checkOptions('classify', options, { run: true, input: true, textColumns: false, layers: false, signal: false });
  const { signal } = options;
  const machine = resolve('classify', options.layers).values;
  const checkpoint = await openCheckpoint(options.run);
  try {
    const { labels, config, directory } = checkpoint;
    if (!labels) throw noLabels(directory);
    const tokenizer = await checkpoint.loadTokenizer();
    const findings = new Findings();
    const session = yield* openModel(checkpoint, tokenizer, machine, { labels });
    try {
      const one = typeof options.input === 'object' && Array.isArray(options.input) && options.input.length === 1;
      const model = new ClassifierModel(session.classifier!, (step) => session.compile(step), one ? 1 : batchSize);
      const tokens = classificationTokens(tokenizer);
      const total = 'file' in options.input ? await rowsOf(options.input.file) : undefined;
      let done = 0;
      for await (const chunk of chunks(examplesOf(options, findings, scoresChoices(labels)))) {
        const encoded = chunk.map((example) => {
          const made =
            example.kind === 'choice'
              ? encodeChoice(withoutLabel(example), tokenizer, config.blockSize, tokens)
              : encodeClassification(example, tokenizer, config.blockSize, labels, tokens);
          if (made.cut !== 'nothing') {
            const message = `longer than the context of ${config.blockSize} tokens; the end is not read`;
            findings.add({ severity: 'warning', code: 'cut', message, place: example.place });
          }
          return made;
        });
        const before = done;
        const predictions = yield* quietly(total === undefined, 'classifying', (report) =>
          model.predict(encoded, { signal, report: (now) => report(before + now, total) }),
        );
        signal?.throwIfAborted();
        for (const [row, example] of chunk.entries()) {
          const { count, probabilities } = predictions!;
          const own = probabilities.subarray(row * count, (row + 1) * count);
          yield classEvent(example, labels, predictions!.labels[row]!, own);
        }
        done += chunk.length;
      }
      if (total !== undefined) yield { event: 'phase', name: 'classifying', done, total: done, finished: true };
      for (const finding of findings.list()) yield notice(finding);
    } finally {
      await session.close();
    }
  } finally {
    await checkpoint.close();
  }
}

/** One phase over several chunks: its end is not reported here, and without a total nothing is. */
async function* quietly<T>(silent: boolean, name: string, work: Parameters<typeof phase<T>>[1]) {
  const events = phase(name, work);
  for (;;) {
    const { done, value } = await events.next();
    if (done) return value;
    if (!silent && !value.finished) yield value;
  }
}

/** What to say of a model without a head. */
function noLabels(directory: string): GptError {
  return new GptError('classify/no-labels', `${directory} is a model without labels`, {
    hint: `gpt-cli finetune reviews.csv --from ${directory} makes a classifier of it`,
  });
}

/** Which choice a label names is not known of a stream, and not needed. */
function withoutLabel({ label: _, ...example }: ChoiceExample): ChoiceExample {
  return example;
}

function classEvent(
  example: Classified,
  labels: readonly string[],
  best: number,
  probabilities: Float32Array,
): ClassEvent {
  const { text, label: expected } = example;
  const names = example.kind === 'choice' ? example.choices.map((_, choice) => String(choice)) : labels;
  const scores = Object.fromEntries(names.map((name, id) => [name, probabilities[id]!]));
  return {
    event: 'class',
    text,
    ...(example.kind === 'choice' && { choices: example.choices }),
    ...(example.kind === 'classify' && example.second !== undefined && { second: example.second }),
    label: names[best]!,
    scores,
    ...(expected !== undefined && { expected }),
  };
}

async function* chunks<T>(items: AsyncIterable<T>): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < chunkSize) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}
