// Writes one text: logits, pick, decode, until the length, a stop string or the end of the text. Knows no path and no
// engine.
import { GptError } from '../errors.js';
import type { StreamDecoder } from '../tokenizer/types.js';
import type { LogitSource } from './decoder.js';
import type { Pick } from './pick.js';
import { StopWatch } from './stop.js';

export interface GenerateOptions {
  readonly decoder: LogitSource;
  /** At least one token: an empty prompt is the end-of-text token, which also begins texts. */
  readonly prompt: readonly number[];
  /** The most ids the model can read at once; of a longer prompt only the end is read. */
  readonly blockSize: number;
  readonly maxNewTokens: number;
  readonly pick: Pick;
  /** Turns ids into text as it becomes complete. */
  readonly text: StreamDecoder;
  readonly stop?: readonly string[];
  /** The token that ends a text; null to write on over it. */
  readonly endOfText: number | null;
  /** More tokens that end it. */
  readonly ends?: ReadonlySet<number> | undefined;
  /** Gets every token that is drawn, that which ends the text too, with the logits [V] that it was drawn from. */
  readonly observe?: ((id: number, logits: Float32Array) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Text that is complete and cannot be part of a stop string. */
export interface GeneratedPiece {
  readonly kind: 'piece';
  readonly text: string;
}

export interface Generated {
  readonly kind: 'end';
  /** All pieces together: without the stop string. */
  readonly text: string;
  /** What was drawn, without the end-of-text token; of a stop string its tokens too. */
  readonly tokens: readonly number[];
  readonly finish: 'length' | 'stop' | 'eos';
  /** Reading the prompt included. */
  readonly tokensPerSecond: number;
  /** How many of the prompt's first tokens did not fit into the context. */
  readonly promptTokensDropped: number;
}

/**
 * @throws GptError sample/prompt for an empty prompt, sample/stop, sample/nan; the signal's reason when it is aborted
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<GeneratedPiece | Generated, void, undefined> {
  const { decoder, prompt, blockSize, maxNewTokens, pick, text, endOfText, signal } = options;
  if (prompt.length === 0) throw new GptError('sample/prompt', 'the prompt has no token');
  const watch = new StopWatch(options.stop ?? []);
  const history = [...prompt];
  const tokens: number[] = [];
  const begin = performance.now();
  let written = '';
  let finish: Generated['finish'] = 'length';
  let next: readonly number[] = prompt.slice(-blockSize);

  while (tokens.length < maxNewTokens) {
    signal?.throwIfAborted();
    const logits = await decoder.append(next);
    const id = pick(logits, { position: tokens.length, history });
    options.observe?.(id, logits);
    if (id === endOfText || options.ends?.has(id)) {
      finish = 'eos';
      break;
    }
    tokens.push(id);
    history.push(id);
    next = [id];
    const piece = watch.push(text.push(id));
    written += piece.text;
    if (piece.text) yield { kind: 'piece', text: piece.text };
    if (piece.stopped) {
      finish = 'stop';
      break;
    }
  }
  if (finish !== 'stop') {
    const last = watch.push(text.flush());
    const rest = last.text + (last.stopped ? '' : watch.flush());
    if (last.stopped) finish = 'stop';
    written += rest;
    if (rest) yield { kind: 'piece', text: rest };
  }
  const drawn = tokens.length + (finish === 'eos' ? 1 : 0);
  const seconds = (performance.now() - begin) / 1000;
  yield {
    kind: 'end',
    text: written,
    tokens,
    finish,
    tokensPerSecond: seconds > 0 ? drawn / seconds : 0,
    promptTokensDropped: Math.max(0, prompt.length - blockSize),
  };
}
