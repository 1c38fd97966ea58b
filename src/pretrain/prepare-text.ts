// The way from a person's text to a corpus: choose or train the tokenizer, then tokenize to disk.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PretrainConfig } from '../config/index.js';
import { buildCorpus, type Corpus, findSources, readTexts, sourceWarnings, spoolInputs } from '../dataset/index.js';
import type { RunEvent } from '../events.js';
import { chooseTokenizer } from '../run/choose-tokenizer.js';
import { phase } from '../session/phase.js';
import type { Tokenizer } from '../tokenizer/index.js';

export interface TextData {
  readonly tokenizer: Tokenizer;
  readonly corpus: Corpus;
}

export interface TextDataOptions {
  readonly inputs: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** The corpus goes to `tokens/` in it. */
  readonly directory: string;
  readonly config: Pick<PretrainConfig, 'tokenizer' | 'vocabSize' | 'valSplit' | 'validation' | 'textKey'>;
  /** The tokenizer of the checkpoint that the run begins with. */
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
    const held = config.validation === null ? [] : [config.validation];
    for (const message of sourceWarnings(await findSources([...inputs, ...held])))
      yield { event: 'notice', level: 'warning', message };
    const texts = () => readTexts(inputs, { textKey: config.textKey, signal });
    const tokenizer = options.tokenizer ?? (yield* chooseTokenizer(texts, config, signal));
    const corpus = yield* tokenize({ ...options, inputs, tokenizer, directory: tokens });
    await rm(spool, { recursive: true, force: true });
    return { tokenizer, corpus };
  } catch (error) {
    await rm(tokens, { recursive: true, force: true }).catch(() => {});
    throw error;
  }
}

/** Tokenizes the texts. @param directory where the corpus goes */
export async function* tokenize(
  options: Omit<TextDataOptions, 'tokenizer'> & { readonly tokenizer: Tokenizer },
): AsyncGenerator<RunEvent, Corpus> {
  const { inputs, tokenizer, directory, config, stdin, signal } = options;
  const corpus = yield* phase('tokenizing', (report) =>
    buildCorpus({
      inputs,
      tokenizer,
      directory,
      valSplit: config.valSplit,
      validation: config.validation ?? undefined,
      textKey: config.textKey,
      onProgress: ({ bytes, totalBytes }) => report(bytes, totalBytes),
      signal,
      ...(stdin && { stdin }),
    }),
  );
  const { repeated = 0 } = corpus.meta;
  if (repeated > 0) {
    const what =
      repeated === 1 ? 'a document of the training text is' : `${repeated} documents of the training text are`;
    const message = `${what} in ${config.validation}, too: the validation loss will be too low`;
    yield { event: 'notice', level: 'warning', message };
  }
  return corpus;
}
