// Whether a text that a model wrote occurs in what it was trained on: the index of the training text, made once, and the
// passages with their places.
import { join } from 'node:path';
import { GptError } from '../errors.js';
import type { Memorized } from '../events.js';
import { scratchFolder } from '../files/index.js';
import { phase } from '../session/phase.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { coveredTokens, findMatches } from './matches.js';
import { buildNgramIndex, longestGram, NgramIndex } from './ngram-index.js';
import { Places } from './places.js';
import { openTrainingText } from './training-text.js';
import { type Preparing, type TrainingText, type TrainingTextOptions, warning } from './types.js';

export interface CheckOptions extends Omit<TrainingTextOptions, 'scratch'> {
  /** Tokens that a passage has at least. Default: as many as 64 bytes of the training text, 16 to 64. */
  readonly minMatch?: number | undefined;
}

export class MemorizationCheck {
  private readonly places: Places;

  constructor(
    readonly text: TrainingText,
    private readonly index: NgramIndex,
    readonly minMatch: number,
    private readonly tokenizer: Tokenizer,
    private readonly release: () => void,
  ) {
    this.places = new Places(text.span, tokenizer, text.documents);
  }

  /** Passages of tokens that a model wrote. */
  check(tokens: readonly number[]): Memorized {
    const { minMatch } = this;
    const matches = findMatches(tokens, this.text.span, this.index, minMatch);
    const passages = matches.map(({ start, length, occurrences, positions }) => ({
      ...{ start, length, occurrences },
      text: this.tokenizer.decode(tokens.slice(start, start + length), { special: true }),
      places: positions.map((position) => this.places.at(position)),
    }));
    return { minMatch, tokens: tokens.length, memorizedTokens: coveredTokens(matches), passages };
  }

  close(): void {
    this.release();
  }
}

/**
 * Opens the training text and its index, which is built if it is not there. The caller closes what it gets.
 * @throws GptError `memorized/...`, `dataset/...`
 */
export async function* openCheck(options: CheckOptions): Preparing<MemorizationCheck> {
  const scratch = scratchFolder('gpt-cli-memorized-');
  let text: TrainingText | undefined;
  try {
    text = yield* openTrainingText({ ...options, scratch: scratch.path });
    const opened = text;
    const minMatch = options.minMatch ?? defaultMatch(opened.bytesPerToken);
    const index = yield* openIndex(opened, minMatch, scratch.path, options.signal);
    return new MemorizationCheck(opened, index, minMatch, options.tokenizer, () => {
      index.close();
      opened.close();
      scratch.remove();
    });
  } catch (error) {
    text?.close();
    scratch.remove();
    throw error;
  }
}

const defaultMatch = (bytesPerToken: number) => Math.min(64, Math.max(16, Math.ceil(64 / bytesPerToken)));

/** The index next to the tokens, if those are kept and their folder can be written to. */
async function* openIndex(
  text: TrainingText,
  minMatch: number,
  scratch: string,
  signal: AbortSignal | undefined,
): Preparing<NgramIndex> {
  const { span, sha256, directory } = text;
  const of = { sha256, tokens: span.length };
  const gram = longestGram(minMatch);
  const build = async function* (folder: string) {
    const path = join(folder, 'ngrams.bin');
    const open = () => NgramIndex.open(path, of, minMatch);
    const index = open();
    if (index) return index;
    yield* phase('indexing the training text', (report) =>
      buildNgramIndex(span, path, { gram, sha256, signal, report }),
    );
    return open()!;
  };
  if (directory === undefined) return yield* build(scratch);
  try {
    return yield* build(directory);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT') {
      const message = `cannot write the index of the training text in ${directory}: the disk is full`;
      throw new GptError('memorized/disk-full', message, { hint: 'free some space', cause: error });
    }
    if (code !== 'EACCES' && code !== 'EROFS' && code !== 'EPERM') throw error;
    yield warning(`${directory} cannot be written to: the index of the training text is not kept`);
    return yield* build(scratch);
  }
}
