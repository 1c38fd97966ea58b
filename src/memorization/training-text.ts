// The tokens that a run was trained on: those kept in its folder, or its data read again and compared with its record.
import { dirname, join, resolve } from 'node:path';
import { resumeConfig } from '../config/index.js';
import { buildCorpus, type Corpus, changedSources, findSources, openCorpus } from '../dataset/index.js';
import { GptError } from '../errors.js';
import { exists, hashFile, readJsonObject } from '../files/index.js';
import { inputsOf, isRecord, type SavedRun } from '../run/record.js';
import { phase } from '../session/phase.js';
import { quoteCommand, quoteWord } from '../shell-quote.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { finetunedText } from './finetuned-text.js';
import type { Documents } from './places.js';
import { baseNotice, type Preparing, type TrainingText, type TrainingTextOptions, warning } from './types.js';

/**
 * @throws GptError `memorized/unknown-text` where nothing says what a model was trained on, `memorized/no-text` where that is gone,
 * `memorized/changed-text` where it is another now, `memorized/classifier`
 */
export async function* openTrainingText(options: TrainingTextOptions): Preparing<TrainingText> {
  const { run, inputs = [] } = options;
  const { folder, record } = (await findRecord(run)) ?? {};
  if (record?.command === 'finetune') return yield* finetunedText(record, options);
  if (inputs.length > 0) return yield* namedText(record, inputs, options);
  if (folder === undefined || record === undefined) {
    throw new GptError('memorized/unknown-text', `${run} does not say what text it was trained on`, {
      hint: `name the text: gpt-cli eval ${quoteWord(run)} TEXT... --memorized`,
    });
  }
  yield* baseNotice(record.config['init']);
  const kept = await keptText(folder, record, options.tokenizer);
  if (kept) {
    const changed = changedSources(kept.meta, record.workingDirectory);
    if (changed.length > 0)
      yield warning(`${changed.join(', ')} was modified since the run began: searched is the text as it was then`);
    return ofCorpus(kept, join(folder, 'tokens'));
  }
  return yield* readAgain(record, options);
}

/** The run's record, of its folder or of a checkpoint in it. */
async function findRecord(run: string): Promise<{ folder: string; record: SavedRun } | undefined> {
  for (const folder of [run, dirname(resolve(run))]) {
    const path = join(folder, 'config.json');
    if (!(await exists(join(folder, 'log.jsonl'))) || !(await exists(path))) continue;
    const record: Partial<Record<keyof SavedRun, unknown>> = await readJsonObject(path, 'run/config');
    if (isRecord(record)) return { folder, record };
  }
  return undefined;
}

/** The tokens in the run's folder, if they are those that it was trained on. */
async function keptText(folder: string, { dataHash }: SavedRun, tokenizer: Tokenizer): Promise<Corpus | undefined> {
  const tokens = join(folder, 'tokens');
  let corpus: Corpus;
  try {
    corpus = openCorpus(tokens, tokenizer);
  } catch (error) {
    if (error instanceof GptError) return undefined;
    throw error;
  }
  const sha256 = corpus.meta.sha256 ?? (await hashFile(join(tokens, 'tokens.bin')));
  if (dataHash === undefined || sha256 === dataHash) return { ...corpus, meta: { ...corpus.meta, sha256 } };
  corpus.close();
  return undefined;
}

/** The text is tokenized again, since the run's tokens were deleted. */
async function* readAgain(record: SavedRun, options: TrainingTextOptions): Preparing<TrainingText> {
  const { run } = options;
  const inputs = inputsOf(record);
  const names = record.inputs.join(', ');
  if (inputs.includes('-')) {
    throw new GptError('memorized/no-text', `the tokens of ${run} are gone, and its text came from standard input`, {
      hint: `name it as a file: gpt-cli eval ${quoteWord(run)} TEXT --memorized`,
    });
  }
  await findSources(inputs).catch((cause: unknown) => {
    if (!(cause instanceof GptError)) throw cause;
    throw new GptError('memorized/no-text', `the training text of ${run} is gone: ${cause.message}`, {
      hint: `restore it, or name where it is now: gpt-cli eval ${quoteWord(run)} TEXT... --memorized`,
      cause,
    });
  });
  const corpus = yield* tokenizeText(inputs, record, options);
  if (record.dataHash === undefined || record.dataHash === corpus.meta.sha256) return ofCorpus(corpus, undefined);
  corpus.close();
  throw new GptError('memorized/changed-text', `${names} is not what ${run} was trained on: it was changed`, {
    hint: `restore it, or search it as it is: ${quoteCommand(['gpt-cli', 'eval', run, ...inputs, '--memorized'])}`,
  });
}

/** A text that was named for this command. */
async function* namedText(
  record: SavedRun | undefined,
  inputs: readonly string[],
  options: TrainingTextOptions,
): Preparing<TrainingText> {
  const corpus = yield* tokenizeText(inputs, record, options);
  if (record?.dataHash !== undefined && record.dataHash !== corpus.meta.sha256)
    yield warning(`${inputs.join(', ')} is not what ${options.run} was trained on`);
  return ofCorpus(corpus, undefined);
}

/** Split as the run did it; where there is no run, all of it counts as training text. */
async function* tokenizeText(
  inputs: readonly string[],
  record: SavedRun | undefined,
  { run, tokenizer, scratch, stdin, signal }: TrainingTextOptions,
): Preparing<Corpus> {
  const { valSplit, validation, textKey } = record
    ? resumeConfig('pretrain', record.config, run, []).values
    : { valSplit: 0, validation: null, textKey: 'text' };
  const held = validation === null ? undefined : resolve(record?.workingDirectory ?? '', validation);
  return yield* phase('tokenizing', (report) =>
    buildCorpus({
      ...{ inputs, tokenizer, directory: join(scratch, 'tokens'), valSplit, textKey, signal, validation: held },
      onProgress: ({ bytes, totalBytes }) => report(bytes, totalBytes),
      ...(stdin && { stdin }),
    }),
  );
}

function ofCorpus({ train, validation, meta, close }: Corpus, directory: string | undefined): TrainingText {
  return {
    span: train,
    heldOut: validation,
    documents: { nameOf: sourceNames(meta.sources) },
    sha256: meta.sha256!,
    bytesPerToken: meta.bytes / meta.tokens,
    directory,
    close,
  };
}

/** Which source holds a document; corpora of older versions know it only where there is one source. */
function sourceNames(sources: Corpus['meta']['sources']): Documents['nameOf'] {
  if (sources.length === 1) return () => sources[0]!.name;
  return (document) => {
    let end = 0;
    for (const { name, documents } of sources) {
      if (documents === undefined) return undefined;
      end += documents;
      if (document < end) return name;
    }
    return undefined;
  };
}
