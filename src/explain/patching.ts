// Where in a model two texts differ for a prediction: the residual stream of one is patched into a pass over the other, layer by
// layer and position by position (causal tracing: Meng et al. 2022, arXiv:2202.05262).
import { GptError } from '../errors.js';
import { patchingStep } from '../model/index.js';
import type { Session } from '../session/session.js';
import { type PhaseProgress, predictorOf } from './attribution.js';
import { type Contrast, outcomeName, scoreOf } from './contrast.js';
import type { Patching } from './explanation.js';
import { type Reading, tokenText } from './reading.js';
import { wordsOf } from './words.js';

/** Tokens of one batch of patched texts. */
const batchTokens = 2048;

/** @throws GptError `explain/length` unless both texts have as many tokens and differ */
export async function patch(
  session: Session,
  text: Reading,
  against: Reading,
  contrast: Contrast,
  { report, signal }: PhaseProgress,
): Promise<Patching> {
  requireComparable(session, text, against);
  const time = text.ids.length;
  const layers = session.gpt.config.nLayer + 1;
  const places = placesOf(text, against, layers);
  const batchSize = Math.min(places.length + 2, Math.max(3, Math.floor(batchTokens / time)));
  const perBatch = batchSize - 2; // row 0 is the text, row 1 the other without a patch
  const program = await session.compile(patchingStep(predictorOf(session), { batchSize, time }));
  const change = Array.from({ length: layers }, () => Array<number>(time).fill(0));
  let scores: readonly number[] = [];
  for (let at = 0; at < places.length; at += perBatch) {
    signal?.throwIfAborted();
    const batch = places.slice(at, at + perBatch);
    const { logits } = await program.run({
      ids: Int32Array.from([text.ids, ...Array.from({ length: batchSize - 1 }, () => against.ids)].flat()),
      layers: Int32Array.from({ length: batchSize }, (_, row) => batch[row - 2]?.layer ?? -1),
      places: Int32Array.from({ length: batchSize }, (_, row) => batch[row - 2]?.place ?? 0),
      positions: new Int32Array(batchSize).fill(text.position),
    });
    const { outcomes } = contrast;
    scores = Array.from({ length: batchSize }, (_, row) =>
      scoreOf((logits as Float32Array).subarray(row * outcomes, (row + 1) * outcomes), contrast),
    );
    for (const [i, { layer, place }] of batch.entries()) change[layer]![place] = scores[i + 2]! - scores[1]!;
    report(Math.min(places.length, at + perBatch), places.length);
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  const textsOf = ({ ids }: Reading) => ids.map((id) => tokenText(session, id));
  return {
    target: outcomeName(session, contrast.target),
    other: outcomeName(session, contrast.other),
    score: scores[0]!,
    againstScore: scores[1]!,
    tokens: textsOf(text),
    againstTokens: textsOf(against),
    change,
  };
}

/**
 * Where a patch can change anything: not before the first token that differs, as attention is causal; of embeddings only where the
 * tokens differ; after the last block only where the prediction is read.
 */
function placesOf(text: Reading, against: Reading, layers: number): { layer: number; place: number }[] {
  const differs = text.ids.map((id, t) => id !== against.ids[t]);
  const first = differs.indexOf(true);
  const all = Array.from({ length: layers }, (_, layer) => text.ids.map((_id, place) => ({ layer, place }))).flat();
  return all.filter(({ layer, place }) => {
    if (layer === 0) return differs[place];
    return layer === layers - 1 ? place === text.position : place >= first;
  });
}

function requireComparable(session: Session, text: Reading, against: Reading): void {
  if (text.ids.length === against.ids.length) {
    if (text.ids.some((id, t) => id !== against.ids[t])) return;
    throw new GptError('explain/length', 'both texts have the same tokens', { hint: 'give --against another text' });
  }
  const counted = ({ ids, from, to }: Reading): Counted[] => {
    const textOf = (a: number, b: number) => session.tokenizer.decode(ids.slice(from + a, from + b));
    return wordsOf(to - from, textOf).map((word) => ({ text: word.text, count: word.to - word.from }));
  };
  const counts = `the texts have ${text.to - text.from} and ${against.to - against.from} tokens`;
  throw new GptError(
    'explain/length',
    `${counts}, patching needs the same number, they differ ${whereLengthsDiffer(counted(text), counted(against))}`,
    {
      hint: 'choose words with the same number of tokens; `gpt-cli tokenizer encode` shows them',
    },
  );
}

interface Counted {
  readonly text: string;
  readonly count: number;
}

/** `first at " Rolf" (1 token) and " Ingrid" (2 tokens)`, words at the same place. */
function whereLengthsDiffer(own: readonly Counted[], other: readonly Counted[]): string {
  const at = own.findIndex(({ count }, i) => count !== other[i]?.count);
  const place = at === -1 ? own.length : at;
  const said = (word: Counted | undefined) =>
    word ? `${JSON.stringify(word.text)} (${word.count} token${word.count === 1 ? '' : 's'})` : 'the end of the text';
  return `first at ${said(own[place])} and ${said(other[place])}`;
}
