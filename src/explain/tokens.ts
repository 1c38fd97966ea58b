// The surprise of every token of a text of any length, in windows of the context.
import type { Session } from '../session/session.js';
import type { Attention, ExplainedToken } from './explanation.js';
import { type Inside, insideOf } from './inside.js';
import { beginningOf, tokenText } from './reading.js';
import { surpriseOf } from './surprise.js';

interface Options {
  /** Alternatives to each token. */
  readonly top: number;
  readonly lens: boolean;
  readonly attention: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Each token is scored once, as `eval` does it. @param ids of the text */
export async function explainTokens(
  session: Session,
  ids: readonly number[],
  { top, lens, attention, signal }: Options,
): Promise<{ readonly tokens: ExplainedToken[] } & Partial<Attention>> {
  const { blockSize } = session.gpt.config;
  const tokens: ExplainedToken[] = [];
  let attended: Attention | undefined;
  for (let at = 0; at < ids.length; at += blockSize) {
    signal?.throwIfAborted();
    const next = ids.slice(at, at + blockSize);
    // The last token is read too where there is room: what it looks at decides what comes next.
    const whole = at === 0 && ids.length < blockSize;
    const read = [at === 0 ? beginningOf(session, ids) : ids[at - 1]!, ...(whole ? next : next.slice(0, -1))];
    const inside = await insideOf(session, read, { logits: true, lens, attention: attention && at === 0 });
    for (const [t, id] of next.entries()) tokens.push(tokenOf(session, id, t, inside, top));
    if (inside.weights) attended = attentionOf(session, read, inside);
  }
  return { tokens, ...attended };
}

/** Attention weights as nested arrays, with the texts of their positions. */
export function attentionOf(session: Session, ids: readonly number[], { weights }: Inside): Attention {
  const { layers, heads, time, data } = weights!;
  const row = (at: number) => Array.from(data.subarray(at * time, (at + 1) * time));
  const range = (length: number) => Array.from({ length }, (_, i) => i);
  return {
    positions: ids.map((id) => tokenText(session, id)),
    attention: range(layers).map((l) =>
      range(heads).map((h) => range(time).map((t) => row((l * heads + h) * time + t))),
    ),
  };
}

function tokenOf(session: Session, id: number, t: number, inside: Inside, count: number): ExplainedToken {
  const { vocabSize, nLayer } = session.gpt.config;
  const textOf = (token: number) => tokenText(session, token);
  const { logits, lens } = inside;
  const { top, ...surprise } = surpriseOf(logits!.subarray(t * vocabSize, (t + 1) * vocabSize), id, count);
  const time = logits!.length / vocabSize;
  const layers = Array.from({ length: nLayer + 1 }, (_, layer) => layer * time + t);
  return {
    text: textOf(id),
    id,
    ...surprise,
    top: top.map((each) => ({ text: textOf(each.id), probability: each.probability })),
    ...(lens && {
      lens: layers.map((at) => ({ text: textOf(lens.ids[at]!), probability: lens.probabilities[at]! })),
    }),
  };
}
