// The corpus of several workers. Worker 0 makes the tokenizer and tokenizes into the run folder. A worker that sees that
// folder (one machine, a shared disk) reads the tokens there; any other tokenizes its own copy of the text, aside.
import { join } from 'node:path';
import { buildCorpus, type Corpus, openCorpus, type TokenSpan } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { RunEvent } from '../events.js';
import { hash32 } from '../rng.js';
import type { Team } from '../run/workers/team.js';
import { phase } from '../session/phase.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { TextData, TextDataOptions } from './prepare-text.js';

/** Worker 0, once its text is ready. @param staging where it is prepared, from the run folder */
export async function announceText(team: Team, tokenizer: Tokenizer, corpus: Corpus, staging: string): Promise<void> {
  if (!team.cluster) return;
  await team.shareTokenizer(tokenizer);
  await team.share({ meta: corpus.meta, staging });
  await team.requireCommon(hashOf(corpus), 'the text');
}

/**
 * The others: wait for worker 0, then open the same corpus.
 * @param run worker 0's run folder, as this worker would find it
 * @throws GptError `cluster/different` when the text is another one here
 */
export async function* followText(
  team: Team,
  where: Pick<TextDataOptions, 'inputs' | 'directory' | 'config' | 'signal'>,
  run: string,
): AsyncGenerator<RunEvent, TextData> {
  const tokenizer = await team.shareTokenizer(undefined);
  const { meta, staging } = await team.share<{ meta: Corpus['meta']; staging: string }>(undefined);
  const corpus = openShared(join(run, staging, 'tokens'), tokenizer, meta) ?? (yield* tokenizeHere(where, tokenizer));
  try {
    await team.requireCommon(hashOf(corpus), 'the text');
  } catch (error) {
    corpus.close();
    throw error;
  }
  return { tokenizer, corpus };
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
  { inputs, directory, config, signal }: Parameters<typeof followText>[1],
  tokenizer: Tokenizer,
): AsyncGenerator<RunEvent, Corpus> {
  if (inputs.includes('-')) {
    throw new GptError('cluster/stdin', 'only worker 0 can read the text from its standard input', {
      hint: 'name a file that every worker has, or put the run folder on a disk that all of them see',
    });
  }
  const { valSplit, textKey } = config;
  return yield* phase('tokenizing', () =>
    buildCorpus({ inputs, tokenizer, directory: join(directory, 'tokens'), valSplit, textKey, signal }),
  );
}

/** Of the lengths and of 4096 tokens, evenly spread. */
function hashOf({ train, validation }: Corpus): number {
  return hash32(train.length, validation.length, ...sampled(train), ...sampled(validation));
}

function sampled(span: TokenSpan): number[] {
  const count = Math.min(2048, span.length);
  return Array.from({ length: count }, (_, i) => span.read(Math.floor((i * span.length) / count), 1)[0]!);
}
