// Training text as it is searched, wherever it comes from.
import type { Checkpoint } from '../checkpoint/index.js';
import type { TokenSpan } from '../dataset/index.js';
import type { NoticeEvent, PhaseEvent } from '../events.js';
import type { Tokenizer } from '../tokenizer/index.js';
import type { Documents } from './places.js';

/** Positions in the span: a prompt from `start`, its answer from `answer` to `end`. */
export interface Answer {
  readonly start: number;
  readonly answer: number;
  readonly end: number;
}

export interface TrainingText {
  /** What the model was trained on. */
  readonly span: TokenSpan;
  /** Of the same text, what it was not trained on; may be empty. */
  readonly heldOut: TokenSpan;
  readonly documents: Documents;
  /** Of prompts with answers: what the model has learned to write. */
  readonly answers?: readonly Answer[];
  /** SHA-256 that changes with the tokens. */
  readonly sha256: string;
  /** UTF-8 bytes of a token, on average. */
  readonly bytesPerToken: number;
  /** The folder of the tokens, where they are kept there. */
  readonly directory: string | undefined;
  close(): void;
}

export interface TrainingTextOptions {
  /** As it was named: a run folder or a checkpoint in it. */
  readonly run: string;
  readonly checkpoint: Pick<Checkpoint, 'directory' | 'config'>;
  readonly tokenizer: Tokenizer;
  /** Text that is named as the training text; empty: the run's own. */
  readonly inputs?: readonly string[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
  /** A folder for tokens that are not kept. */
  readonly scratch: string;
}

export type Preparing<T> = AsyncGenerator<NoticeEvent | PhaseEvent, T>;

export const warning = (message: string): NoticeEvent => ({ event: 'notice', level: 'warning', message });

/** Weights that a run begins with have been trained on something else. */
export function* baseNotice(base: unknown): Generator<NoticeEvent> {
  if (typeof base !== 'string') return;
  const message = `searched is the data of this run alone, not what ${base} was trained on`;
  yield { event: 'notice', level: 'info', message };
}
