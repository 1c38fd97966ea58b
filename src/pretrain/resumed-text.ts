// The corpus of a resumed run: the tokens that it was trained on, kept in its folder or made again from its text. Another text
// is refused before anything in the folder changes.
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { areSources, type Corpus, changedSources, findSources, openCorpus } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { hashFile, move } from '../files/index.js';
import { checkData, inputsOf, type SavedRun } from '../run/record.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { type TextDataOptions, tokenize } from './prepare-text.js';

export interface ResumedTextOptions extends Omit<TextDataOptions, 'tokenizer'> {
  /** What was named for this resume; empty: the run's own text. */
  readonly inputs: readonly string[];
  readonly tokenizer: Tokenizer;
  readonly saved: SavedRun | undefined;
  /** --allow-changed-data */
  readonly allowed: boolean | undefined;
}

/** The corpus, and what the run's record says of its text from now on. */
export interface ResumedText {
  readonly corpus: Corpus;
  readonly source: Pick<SavedRun, 'inputs' | 'workingDirectory'>;
  /** For the log: that the text is another one, and was allowed. */
  readonly changed: readonly NoticeEvent[];
}

/**
 * Opens the tokens of the run. Text that is named again, or whose tokens were deleted, is tokenized in a separate folder
 * and compared.
 * @throws GptError `run/data-changed`, `run/stdin`
 */
export async function* reopenText(options: ResumedTextOptions): AsyncGenerator<RunEvent, ResumedText> {
  const { directory, saved, allowed, signal } = options;
  const tokens = join(directory, 'tokens');
  const separate = join(tokens, 'again');
  await rm(separate, { recursive: true, force: true });
  const base = saved?.workingDirectory ?? process.cwd();
  const validation = options.config.validation === null ? null : resolve(base, options.config.validation);
  const config = { ...options.config, validation };
  const { inputs: names = [], workingDirectory } = saved ?? {};
  const before = { inputs: names, ...(workingDirectory !== undefined && { workingDirectory }) };

  let kept = yield* openKept(tokens, options);
  const given = options.inputs.length > 0;
  if (
    kept &&
    (!given || (await isText([...options.inputs, ...(validation === null ? [] : [validation])], kept, base)))
  ) {
    const changed = changedSources(kept.meta, base);
    if (changed.length > 0) {
      const message = `${changed.join(', ')} was modified since the run began; the run resumes with the text as it was then (name the text again and --allow-changed-data to use it as it is)`;
      yield { event: 'notice', level: 'warning', message };
    }
    return { corpus: kept, source: before, changed: [] };
  }
  const inputs = given ? options.inputs : inputsOf(saved);
  if (!given && inputs.includes('-')) {
    throw new GptError('run/stdin', 'the tokens of this run are gone, and its text came from standard input', {
      hint: 'name the text as a file, or start a new run with --overwrite',
    });
  }
  const trained =
    saved?.dataHash ?? (kept && (kept.meta.sha256 ?? (await hashFile(join(tokens, 'tokens.bin'), signal))));
  let made: Corpus | undefined;
  try {
    made = yield* tokenize({ ...options, config, inputs, directory: separate });
    const saved = { inputs: names, ...(trained !== undefined && { dataHash: trained }) };
    const changed = checkData(saved, made.meta.sha256, { allowed, ...(given && { now: inputs }) });
    yield* changed;
    if (kept && made.meta.sha256 === trained) {
      const corpus = kept;
      kept = undefined;
      return { corpus, source: before, changed };
    }
    made.close();
    kept?.close();
    [made, kept] = [undefined, undefined];
    await adopt(separate, tokens);
    const corpus = openCorpus(tokens, options.tokenizer);
    return { corpus, source: { inputs, workingDirectory: process.cwd() }, changed };
  } finally {
    made?.close();
    kept?.close();
    await rm(separate, { recursive: true, force: true });
  }
}

/** The corpus in the folder, if it is whole and the one that the run was trained on. */
async function* openKept(
  tokens: string,
  { tokenizer, saved }: ResumedTextOptions,
): AsyncGenerator<RunEvent, Corpus | undefined> {
  try {
    const corpus = openCorpus(tokens, tokenizer);
    const { sha256 } = corpus.meta;
    if (saved?.dataHash === undefined || sha256 === undefined || sha256 === saved.dataHash) return corpus;
    corpus.close();
    throw new GptError('run/other-tokens', `the tokens in ${tokens} are not those of the run`);
  } catch (error) {
    if (!(error instanceof GptError)) throw error;
    yield { event: 'notice', level: 'info', message: `tokenizing again: ${error.message}` };
    return undefined;
  }
}

async function isText(inputs: readonly string[], { meta }: Corpus, base: string): Promise<boolean> {
  return !inputs.includes('-') && areSources(await findSources(inputs), meta, base);
}

/** meta.json goes first and comes last: without it there is no corpus. */
async function adopt(separate: string, tokens: string): Promise<void> {
  await rm(join(tokens, 'meta.json'), { force: true });
  for (const name of ['tokens.bin', 'meta.json']) await move(join(separate, name), join(tokens, name));
}
