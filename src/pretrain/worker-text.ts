// The corpus of several workers. Worker 0 tokenizes into the run folder. A worker that sees that
// folder (one machine, a shared disk) reads the tokens there; any other tokenizes its own copy of the text in a temporary folder.
import { join } from 'node:path';
import { buildCorpus, type Corpus, openCorpus, type TokenSpan } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { RunEvent } from '../events.js';
import { hash32 } from '../rng.js';
import { phase } from '../session/phase.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { ChosenRecipe } from './plan-for-time.js';
import type { TextDataOptions } from './prepare-text.js';

/** What worker 0 passes on about its tokens, besides the tokenizer. */
export interface TokensOfFirst {
  readonly meta: Corpus['meta'];
  /** What it chose for the time that the run has. */
  readonly recipe?: ChosenRecipe | undefined;
  /** Where they are prepared, from the run folder. */
  readonly staging: string;
}

/**
 * The same corpus at a worker that follows.
 * @param run worker 0's run folder, as this worker would find it
 * @throws GptError `cluster/stdin` where the text can be read by worker 0 only
 */
export async function* followText(
  where: Pick<TextDataOptions, 'inputs' | 'directory' | 'config' | 'signal'>,
  run: string,
  tokenizer: Tokenizer,
  { meta, staging }: TokensOfFirst,
): AsyncGenerator<RunEvent, Corpus> {
  return openShared(join(run, staging, 'tokens'), tokenizer, meta) ?? (yield* tokenizeHere(where, tokenizer));
}

/** Worker 0's tokens, where this worker sees them: the same folder with the same record of what is in it. */
function openShared(directory: string, tokenizer: Tokenizer, meta: Corpus['meta']): Corpus | undefined {
  let corpus: Corpus;
  try {
    corpus = openCorpus(directory, tokenizer);
  } catch {
    return undefined;
  }
  if (JSON.stringify(corpus.meta) === JSON.stringify(meta)) return corpus;
  corpus.close();
  return undefined;
}

async function* tokenizeHere(
  { inputs, directory, config, signal }: Parameters<typeof followText>[0],
  tokenizer: Tokenizer,
): AsyncGenerator<RunEvent, Corpus> {
  if (inputs.includes('-')) {
    throw new GptError('cluster/stdin', 'only worker 0 can read the text from its standard input', {
      hint: 'name a file that every worker has, or put the run folder on a disk that all of them see',
    });
  }
  const { valSplit, textKey } = config;
  const validation = config.validation ?? undefined;
  return yield* phase('tokenizing', () =>
    buildCorpus({ inputs, tokenizer, directory: join(directory, 'tokens'), valSplit, validation, textKey, signal }),
  );
}

/** 32 bits of the lengths and of 4096 tokens, evenly spread. */
export function corpusHash({ train, validation }: Corpus): number {
  return hash32(train.length, validation.length, ...sampled(train), ...sampled(validation));
}

function sampled(span: TokenSpan): number[] {
  const count = Math.min(2048, span.length);
  return Array.from({ length: count }, (_, i) => span.read(Math.floor((i * span.length) / count), 1)[0]!);
}
