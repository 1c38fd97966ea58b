// The way from a person's text to a corpus: choose or train the tokenizer, then tokenize to disk.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PretrainConfig } from '../config/index.js';
import {
  buildCorpus,
  type Corpus,
  changedSources,
  findSources,
  openCorpus,
  readTexts,
  sourceWarnings,
  spoolInputs,
} from '../dataset/index.js';
import { GptError } from '../errors.js';
import {
  byteTokenizer,
  loadTokenizer,
  type TextPiece,
  type Tokenizer,
  trainBpeTokenizer,
  trainCharTokenizer,
} from '../tokenizer/index.js';
import type { RunEvent } from './events.js';
import { phase } from './phase.js';

export interface TextData {
  readonly tokenizer: Tokenizer;
  readonly corpus: Corpus;
}

export interface TextDataOptions {
  readonly inputs: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** The corpus goes to `tokens/` in it. */
  readonly directory: string;
  readonly config: Pick<PretrainConfig, 'tokenizer' | 'vocabSize' | 'valSplit' | 'textKey'>;
  /** The tokenizer of a checkpoint to go on from. */
  readonly tokenizer?: Tokenizer | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Prepares the corpus of a new run. What it wrote is removed if it fails or is interrupted. */
export async function* prepareText(options: TextDataOptions): AsyncGenerator<RunEvent, TextData> {
  const { directory, config, signal, stdin } = options;
  const tokens = join(directory, 'tokens');
  const spool = join(tokens, 'input');
  try {
    const inputs = await spoolInputs(options.inputs, spool, { signal, ...(stdin && { stdin }) });
    for (const message of sourceWarnings(await findSources(inputs)))
      yield { event: 'notice', level: 'warning', message };
    const texts = () => readTexts(inputs, { textKey: config.textKey, signal });
    const tokenizer = options.tokenizer ?? (yield* chooseTokenizer(texts, config, signal));
    const corpus = yield* tokenize(inputs, tokenizer, options);
    await rm(spool, { recursive: true, force: true });
    return { tokenizer, corpus };
  } catch (error) {
    await rm(tokens, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/**
 * Opens the corpus of a resumed run, or builds it again where its folder was deleted or its text has changed.
 * A changed text is told: the run cannot then be the same as an unbroken one.
 */
export async function* reopenText(
  options: TextDataOptions & { readonly tokenizer: Tokenizer },
): AsyncGenerator<RunEvent, Corpus> {
  const { directory, tokenizer } = options;
  try {
    const corpus = openCorpus(join(directory, 'tokens'), tokenizer);
    const changed = changedSources(corpus.meta);
    if (changed.length > 0) {
      const message = `${changed.join(', ')} changed since the run began; it resumes with the text as it was then`;
      yield { event: 'notice', level: 'warning', message };
    }
    return corpus;
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    yield { event: 'notice', level: 'info', message: `tokenizing again: ${error.message}` };
  }
  if (options.inputs.includes('-')) {
    throw new GptError('run/stdin', 'the tokens of this run are gone, and its text came from standard input', {
      hint: 'name the text as a file, or start a new run with --overwrite',
    });
  }
  return yield* tokenize(options.inputs, tokenizer, options);
}

/**
 * Loads or trains the tokenizer that the settings name.
 * @param pieces the texts, from their beginning at each call
 */
export async function* chooseTokenizer(
  pieces: () => AsyncIterable<TextPiece>,
  { tokenizer, vocabSize }: Pick<PretrainConfig, 'tokenizer' | 'vocabSize'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, Tokenizer> {
  if (tokenizer === 'byte') return byteTokenizer();
  if (tokenizer === 'char') return yield* phase('reading the characters', () => trainCharTokenizer(pieces()));
  if (tokenizer === 'bpe') {
    return yield* phase('training the tokenizer', (report) =>
      trainBpeTokenizer(pieces(), { vocabSize, onProgress: report, ...(signal && { signal }) }),
    );
  }
  return loadTokenizer(tokenizer);
}

async function* tokenize(inputs: readonly string[], tokenizer: Tokenizer, options: TextDataOptions) {
  return yield* phase('tokenizing', (report) =>
    buildCorpus({
      inputs,
      tokenizer,
      directory: join(options.directory, 'tokens'),
      valSplit: options.config.valSplit,
      textKey: options.config.textKey,
      onProgress: ({ bytes, totalBytes }) => report(bytes, totalBytes),
      signal: options.signal,
    }),
  );
}
