// The text of a pretraining run as a corpus: tokenized for a new run, reopened for a resumed one.
import { relative } from 'node:path';
import type { Corpus } from '../dataset/index.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import type { SavedRun } from '../run/record.js';
import type { TrainingRun } from '../run/training-run.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { type ChosenRecipe, planForTime } from './plan-for-time.js';
import { type ChooseRecipe, prepareText } from './prepare-text.js';
import { reopenText } from './resumed-text.js';
import { corpusHash, followText, type TokensOfFirst } from './worker-text.js';

export interface RunText {
  readonly tokenizer: Tokenizer;
  readonly corpus: Corpus;
  /** What the run's record says of its text from now on. */
  readonly source: Pick<SavedRun, 'inputs' | 'workingDirectory'>;
  /** What was chosen for the time that the run has. */
  readonly recipe?: ChosenRecipe | undefined;
  /** That the text is another one, and was allowed. */
  readonly changed: readonly NoticeEvent[];
}

export interface NamedText {
  /** Named for this command; may be empty where a run is resumed. */
  readonly inputs: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly allowChangedData?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The caller closes the corpus.
 * @param out the run folder as it was named
 * @throws GptError `run/data-changed`, `cluster/different`, and what reading a text throws
 */
export async function* openText(
  run: TrainingRun<'pretrain'>,
  out: string,
  { inputs: named, stdin, allowChangedData, signal }: NamedText,
): AsyncGenerator<RunEvent, RunText> {
  const { folder, saved, workers } = run;
  const { config, inputs } = run.plan;
  const choose: ChooseRecipe | undefined = run.plan.open
    ? (text, heldOut) => planForTime(run, text, heldOut)
    : undefined;
  const where = { inputs, stdin, directory: folder.staging, config, choose, signal };
  const made = { source: { inputs, workingDirectory: process.cwd() }, changed: [] };
  const tokenizer = await run.checkpoint?.loadTokenizer();

  const open = async function* (): AsyncGenerator<RunEvent, RunText> {
    if (folder.checkpoint === undefined) return { ...made, ...(yield* prepareText({ ...where, tokenizer })) };
    const kept = { ...where, inputs: named, tokenizer: tokenizer!, saved, allowed: allowChangedData };
    return { tokenizer: tokenizer!, ...(yield* reopenText(kept)) };
  };
  const describe = ({ corpus, recipe }: RunText): TokensOfFirst => ({
    meta: corpus.meta,
    recipe,
    staging: relative(folder.directory, folder.staging),
  });
  const follow = async function* (shared: Tokenizer, first: TokensOfFirst): AsyncGenerator<RunEvent, RunText> {
    const corpus = yield* followText(where, out, shared, first);
    return { ...made, tokenizer: shared, corpus, recipe: first.recipe };
  };
  const text = yield* workers.makeOnce(open, describe, follow);
  if (text.recipe) run.choose(text.recipe.settings);
  try {
    await workers.requireSame(() => corpusHash(text.corpus), 'the text');
  } catch (error) {
    text.corpus.close();
    throw error;
  }
  return text;
}
