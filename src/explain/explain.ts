// What a model makes of a text: the surprise of each token, what each block would predict, what each head looks at. Knows no
// terminal.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent } from '../events.js';
import { insideStep } from '../model/index.js';
import { Random } from '../rng.js';
import { openModel } from '../session/open-model.js';
import type { Session } from '../session/session.js';
import { type HeadScores, headScores, nameOf, type Weights } from './heads.js';
import { largest, type Surprise, surpriseOf } from './surprise.js';

export interface ExplainOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Without it only `heads` are scored. */
  readonly text?: string | undefined;
  /** Alternatives to each token. Default: 3. */
  readonly top?: number;
  /** Also what each block would predict. */
  readonly lens?: boolean;
  /** Also every head's weights. */
  readonly attention?: boolean;
  /** Also each head's scores, on repeated random tokens. */
  readonly heads?: boolean;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

export interface ExplainedAlternative {
  readonly text: string;
  readonly probability: number;
}

export interface ExplainedToken extends Omit<Surprise, 'top'> {
  readonly text: string;
  readonly id: number;
  readonly top: readonly ExplainedAlternative[];
  /** The most likely token by what enters the first block and by what leaves each one. */
  readonly lens?: readonly ExplainedAlternative[];
}

export interface NamedHead extends HeadScores {
  readonly name?: string;
}

export interface Explanation {
  readonly event: 'explanation';
  readonly tokens: readonly ExplainedToken[];
  /** Of the whole text. */
  readonly bits: number;
  readonly bitsPerByte: number;
  /** [layer][head][query][key]; position 0 is the beginning-of-text token. */
  readonly attention?: readonly (readonly (readonly (readonly number[])[])[])[];
  readonly heads?: readonly NamedHead[];
}

/** Attention weights and lens logits above this many numbers are not computed. */
const mostNumbers = 64e6;

/**
 * @throws GptError `explain/empty` for a text without tokens, `explain/long` where lens or attention would take too much memory
 */
export async function* explain(options: ExplainOptions): AsyncGenerator<NoticeEvent | Explanation> {
  const known = { run: true, text: false, top: false, lens: false, attention: false, heads: false };
  checkOptions('explain', options, { ...known, layers: false, signal: false });
  const config = resolve('eval', options.layers).values;
  const checkpoint = await openCheckpoint(options.run);
  try {
    const tokenizer = await checkpoint.loadTokenizer();
    const session = yield* openModel(checkpoint, tokenizer, config);
    try {
      yield await explainText(session, options, config.seed);
    } finally {
      await session.close();
    }
  } finally {
    await checkpoint.close();
  }
}

async function explainText(session: Session, options: ExplainOptions, seed: number): Promise<Explanation> {
  const { tokenizer, gpt } = session;
  const { vocabSize, blockSize } = gpt.config;
  const { text } = options;
  const ids = text === undefined ? [] : Array.from(tokenizer.encode(text)).filter((id) => id < vocabSize);
  if (text !== undefined && ids.length === 0)
    throw new GptError('explain/empty', 'the text has no token that the model knows');
  const beginning = tokenizer.endOfText < vocabSize ? tokenizer.endOfText : ids[0]!;
  const tokens: ExplainedToken[] = [];
  let attention: Explanation['attention'];
  // Windows of the context length, each token scored once, as `eval` does it.
  for (let at = 0; at < ids.length; at += blockSize) {
    if (options.signal?.aborted) break;
    const next = ids.slice(at, at + blockSize);
    const read = [at === 0 ? beginning : ids[at - 1]!, ...next.slice(0, -1)];
    const inside = await insideOf(session, read, {
      lens: options.lens === true,
      attention: options.attention === true && at === 0,
    });
    for (const [t, id] of next.entries()) tokens.push(tokenOf(session, id, t, inside, options.top ?? 3));
    if (inside.weights) attention = nested(inside.weights);
  }
  const bits = tokens.reduce((sum, token) => sum + token.bits, 0);
  return {
    event: 'explanation',
    tokens,
    bits,
    bitsPerByte: bits / Math.max(1, Buffer.byteLength(text ?? '')),
    ...(attention && { attention }),
    ...(options.heads && { heads: await namedHeads(session, seed) }),
  };
}

interface Inside {
  readonly logits: Float32Array;
  readonly lens?: Float32Array;
  readonly weights?: Weights;
}

async function insideOf(
  session: Session,
  ids: readonly number[],
  { lens, attention }: { readonly lens: boolean; readonly attention: boolean },
): Promise<Inside> {
  const { nLayer, nHead, vocabSize } = session.gpt.config;
  const time = ids.length;
  const numbers = (lens ? (nLayer + 1) * time * vocabSize : 0) + (attention ? nLayer * nHead * time ** 2 : 0);
  if (numbers > mostNumbers) {
    throw new GptError('explain/long', `${time} tokens make ${Math.round(numbers / 1e6)} million numbers to look at`, {
      hint: 'explain a shorter text',
    });
  }
  const program = await session.compile(insideStep(session.gpt, { time, lens, attention }));
  const found = await program.run({ ids: Int32Array.from(ids) });
  return {
    logits: found['logits'] as Float32Array,
    ...(lens && { lens: found['lens'] as Float32Array }),
    ...(attention && {
      weights: { layers: nLayer, heads: nHead, time, data: found['attention'] as Float32Array },
    }),
  };
}

function tokenOf({ gpt, tokenizer }: Session, id: number, t: number, inside: Inside, top: number): ExplainedToken {
  const { vocabSize, nLayer } = gpt.config;
  const textOf = (token: number) => tokenizer.decode([token], { special: true });
  const { top: likely, ...surprise } = surpriseOf(inside.logits.subarray(t * vocabSize, (t + 1) * vocabSize), id, top);
  const time = inside.logits.length / vocabSize;
  const lens =
    inside.lens &&
    Array.from({ length: nLayer + 1 }, (_, layer) => {
      const logits = inside.lens!.subarray((layer * time + t) * vocabSize, (layer * time + t + 1) * vocabSize);
      const [best] = largest(logits, 1) as [number];
      return { text: textOf(best), probability: surpriseOf(logits, best, 0).probability };
    });
  const alternatives = likely.map((each) => ({ text: textOf(each.id), probability: each.probability }));
  return { text: textOf(id), id, ...surprise, top: alternatives, ...(lens && { lens }) };
}

/** Scores on the same random tokens twice in a row, the second time only. */
async function namedHeads(session: Session, seed: number): Promise<NamedHead[]> {
  const { vocabSize, blockSize } = session.gpt.config;
  const half = Math.min(32, Math.floor(blockSize / 2));
  if (half < 2)
    throw new GptError('explain/heads', `a context of ${blockSize} tokens is too short to tell heads apart`);
  const random = new Random(seed);
  const once = Array.from({ length: half }, () => random.integer(vocabSize));
  const ids = [...once, ...once];
  const { weights } = await insideOf(session, ids, { lens: false, attention: true });
  return headScores(weights!, ids, half).map((scores) => {
    const name = nameOf(scores);
    return name === undefined ? scores : { ...scores, name };
  });
}

function nested({ layers, heads, time, data }: Weights): number[][][][] {
  const row = (at: number) => Array.from(data.subarray(at * time, (at + 1) * time));
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return range(layers).map((l) => range(heads).map((h) => range(time).map((t) => row((l * heads + h) * time + t))));
}
