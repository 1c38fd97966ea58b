// What a model makes of a text: the surprise of each token, what each block would predict, what each head looks at; and why it
// predicts what it does: the words that led to it, the layers and positions that carry it. Knows no terminal.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, PhaseEvent } from '../events.js';
import { scoresChoices } from '../model/index.js';
import { softmax } from '../scoring/classifier-model.js';
import { openModel } from '../session/open-model.js';
import { phase } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { attribute, predictions } from './attribution.js';
import { contrastOf, outcomeName } from './contrast.js';
import type { Attention, Attribution, ExplainedToken, Likely, Patching, ScoredHeads } from './explanation.js';
import { extentOf } from './extent.js';
import { insideOf } from './inside.js';
import { patch } from './patching.js';
import { knownTokens, type Reading, readingOf } from './reading.js';
import { scoreHeads } from './score-heads.js';
import { largest } from './surprise.js';
import { attentionOf, explainTokens } from './tokens.js';

export interface ExplainOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** Without it only `heads` are scored. */
  readonly text?: string | undefined;
  /** Alternatives to each token. Default: 3. */
  readonly top?: number;
  /** Also what each block would predict. Not of a classifier. */
  readonly lens?: boolean;
  /** Also every head's weights. */
  readonly attention?: boolean;
  /** Also each head's scores, on repeated random tokens. */
  readonly heads?: boolean;
  /**
   * Also which words led to what is predicted after the text, the next token or the label. Of a classifier by default, unless that
   * takes long.
   */
  readonly attribution?: boolean;
  /** The label or the token that is to be explained, and what it is compared with. Default: the most likely ones. */
  readonly targets?: readonly string[];
  /** Another text of as many tokens: the residual stream of `text` is patched into a pass over it. */
  readonly against?: string | undefined;
  /** All of the above that the model has and that the text is short enough for; `notes` say what is skipped. */
  readonly everything?: boolean;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

export interface Explanation extends Partial<Attention & ScoredHeads> {
  readonly event: 'explanation';
  /** Empty for a classifier. */
  readonly tokens: readonly ExplainedToken[];
  /** Of the whole text; 0 for a classifier. */
  readonly bits: number;
  readonly bitsPerByte: number;
  /** Of a classifier: every label, the most likely first. */
  readonly classes?: readonly Likely[];
  /** Of a language model whose prediction after the text is explained: the most likely next tokens. */
  readonly next?: readonly Likely[];
  readonly attribution?: Attribution;
  readonly patching?: Patching;
  /** What nobody named and what is skipped, as sentences. */
  readonly notes: readonly string[];
}

export type ExplainEvent = NoticeEvent | PhaseEvent | Explanation;

/**
 * @throws GptError `explain/empty` for a text without tokens, `explain/long` where it is too long for what is asked,
 * `explain/target`, `explain/length` for texts that cannot be compared, `explain/classifier` for what classifiers do not have
 */
export async function* explain(options: ExplainOptions): AsyncGenerator<ExplainEvent> {
  const known = { run: true, text: false, top: false, lens: false, attention: false, heads: false, attribution: false };
  checkOptions('explain', options, {
    ...known,
    targets: false,
    against: false,
    everything: false,
    layers: false,
    signal: false,
  });
  const { text } = options;
  const config = resolve('eval', options.layers).values;
  const checkpoint = await openCheckpoint(options.run);
  try {
    const { labels, directory } = checkpoint;
    if (labels) requireOfClassifier(options, labels, directory);
    const tokenizer = await checkpoint.loadTokenizer();
    const session = yield* openModel(checkpoint, tokenizer, config, { labels });
    try {
      const { options: asked, notes } = extentOf(session, options);
      for (const message of notes) yield { event: 'notice', level: 'info', message };
      const explained = text === undefined ? nothing : yield* explainText(session, { ...asked, text });
      const heads = asked.heads && (await scoreHeads(session, config.seed));
      yield { event: 'explanation', ...explained, ...heads, notes };
    } finally {
      await session.close();
    }
  } finally {
    await checkpoint.close();
  }
}

type Explained = Omit<Explanation, 'event' | 'notes' | keyof ScoredHeads>;
const nothing: Explained = { tokens: [], bits: 0, bitsPerByte: 0 };

function requireOfClassifier({ lens, text }: ExplainOptions, labels: readonly string[], directory: string): void {
  if (lens)
    throw new GptError('explain/classifier', `${directory} is a classifier: no block of it predicts tokens`, {
      hint: 'explain a classifier without --lens',
    });
  if (text !== undefined && scoresChoices(labels))
    throw new GptError('explain/classifier', `${directory} scores the choices of a question, not one text`, {
      hint: '--heads works',
    });
}

type TextOptions = ExplainOptions & { readonly text: string };

async function* explainText(session: Session, options: TextOptions): AsyncGenerator<PhaseEvent, Explained> {
  const { text, targets = [], against, attention = false, top = 3 } = options;
  const { labels } = session;
  const surprise = labels ? undefined : await surpriseOfText(session, options);
  const why = options.attribution || targets.length > 0 || against !== undefined || labels !== undefined;
  if (!why) return { ...nothing, ...surprise };
  const reading = readingOf(session, text);
  const [logits] = (await predictions(session, [reading.ids], reading.position)) as [Float32Array];
  return {
    ...nothing,
    ...surprise,
    ...(labels ? { classes: likelyOf(session, logits, labels.length) } : { next: likelyOf(session, logits, top) }),
    ...(labels && attention && (await attentionOfReading(session, reading))),
    ...(yield* reasons(session, options, reading, logits)),
  };
}

/** Attribution and patching, as asked for. */
async function* reasons(
  session: Session,
  { targets = [], against, attribution, signal }: TextOptions,
  reading: Reading,
  logits: Float32Array,
): AsyncGenerator<PhaseEvent, Pick<Explanation, 'attribution' | 'patching'>> {
  const contrast = contrastOf(session, logits, targets);
  const other = against === undefined ? undefined : readingOf(session, against);
  // Patching first: it refuses texts that do not fit.
  const patching =
    other && (yield* phase('patching', (report) => patch(session, reading, other, contrast, { report, signal })));
  if (!attribution) return { ...(patching && { patching }) };
  const words = yield* phase('attributing', (report) => attribute(session, reading, contrast, { report, signal }));
  return { attribution: words, ...(patching && { patching }) };
}

async function surpriseOfText(
  session: Session,
  { text, top = 3, lens = false, attention = false, signal }: TextOptions,
): Promise<Omit<Explained, 'classes' | 'next' | 'attribution' | 'patching'>> {
  const found = await explainTokens(session, knownTokens(session, text), { top, lens, attention, signal });
  const bits = found.tokens.reduce((sum, token) => sum + token.bits, 0);
  return { ...found, bits, bitsPerByte: bits / Math.max(1, Buffer.byteLength(text)) };
}

async function attentionOfReading(session: Session, { ids }: Reading): Promise<Attention> {
  return attentionOf(session, ids, await insideOf(session, ids, { attention: true }));
}

function likelyOf(session: Session, logits: Float32Array, count: number): Likely[] {
  const probabilities = softmax(logits);
  return largest(logits, count).map((index) => ({
    text: outcomeName(session, index),
    probability: probabilities[index]!,
  }));
}
