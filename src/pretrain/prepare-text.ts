// The way from a person's text to a corpus: choose or train the tokenizer, then tokenize to disk.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PretrainConfig } from '../config/index.js';
import { buildCorpus, type Corpus, findSources, readTexts, sourceWarnings, spoolInputs } from '../dataset/index.js';
import type { RunEvent } from '../events.js';
import { chooseTokenizer } from '../run/choose-tokenizer.js';
import { phase } from '../session/phase.js';
import type { TextPiece, Tokenizer } from '../tokenizer/index.js';
import type { ChosenRecipe } from './plan-for-time.js';

export interface TextData {
  readonly tokenizer: Tokenizer;
  readonly corpus: Corpus;
  /** What was chosen for the time that the run has. */
  readonly recipe?: ChosenRecipe | undefined;
}

/** Chooses settings for a text, and for the validation text, where it is one of its own. */
export type ChooseRecipe = (
  text: AsyncIterable<TextPiece>,
  heldOut: AsyncIterable<TextPiece> | undefined,
) => AsyncGenerator<RunEvent, ChosenRecipe>;

export interface TextDataOptions {
  readonly inputs: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  /** The corpus goes to `tokens/` in it. */
  readonly directory: string;
  readonly config: Pick<PretrainConfig, 'tokenizer' | 'vocabSize' | 'valSplit' | 'validation' | 'textKey'>;
  /** Chooses the size of the vocabulary among other settings. */
  readonly choose?: ChooseRecipe | undefined;
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
    const textsOf = (some: readonly string[]) => readTexts(some, { textKey: config.textKey, signal });
    const texts = () => textsOf(inputs);
    const recipe = options.choose && (yield* options.choose(texts(), held.length > 0 ? textsOf(held) : undefined));
    const settled = { ...config, ...recipe?.settings };
    const tokenizer = options.tokenizer ?? (yield* chooseTokenizer(texts, settled, signal));
    const corpus = yield* tokenize({ ...options, inputs, tokenizer, directory: tokens });
    await rm(spool, { recursive: true, force: true });
    return { tokenizer, corpus, recipe };
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
