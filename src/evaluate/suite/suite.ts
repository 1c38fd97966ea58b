// Zero-shot evaluation of a language model on a file of examples: multiple choice and minimal pairs by log-likelihood,
// questions by the answers that the model writes.
import { openCheckpoint } from '../../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../../config/index.js';
import { GptError } from '../../errors.js';
import type { Estimate, NoticeEvent, PhaseEvent, SuiteEvent, SuiteProgressEvent } from '../../events.js';
import { exactMatch, meanOf, wordF1 } from '../../metrics/index.js';
import { type Continuation, logLikelihoods } from '../../scoring/likelihood.js';
import { countUnseen, unseenText } from '../../scoring/unseen-characters.js';
import { openModel } from '../../session/open-model.js';
import { phase } from '../../session/phase.js';
import type { Session } from '../../session/session.js';
import { defaultNewTokens, writeGreedily } from '../write-greedily.js';
import { encodeContinuation, joined } from './continuation.js';
import { type AnswerItem, type ChoiceItem, type PairItem, readSuite } from './items.js';

export interface SuiteOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** JSONL, or another table: see docs/evaluation.md. */
  readonly file: string;
  /** Only the first rows. */
  readonly limit?: number | undefined;
  /** Tokens of a generated answer at most; default 256. */
  readonly maxNewTokens?: number | undefined;
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

const known: Record<keyof SuiteOptions, boolean> = {
  ...{ run: true, file: true, limit: false, maxNewTokens: false, layers: false, signal: false },
};

/**
 * Yields one `suite` event. Log-likelihoods, lengths and ties are those of lm-eval (EleutherAI's lm-evaluation-harness), so that
 * numbers can be compared.
 * @throws GptError `suite/...`, `eval/nan`, `checkpoint/...`
 */
export async function* evaluateSuite(options: SuiteOptions): AsyncGenerator<SuiteProgressEvent> {
  checkOptions('evaluateSuite', options, known);
  const { run, file, limit, signal, maxNewTokens = defaultNewTokens } = options;
  const machine = resolve('eval', options.layers).values;
  const items = await readSuite(file, { limit, signal });
  const choices = items.filter((item) => item.kind === 'choice');
  const pairs = items.filter((item) => item.kind === 'pair');
  const answers = items.filter((item) => item.kind === 'answer');
  const checkpoint = await openCheckpoint(run);
  try {
    if (checkpoint.labels)
      throw new GptError('suite/classifier', `${run} is a classifier: it has no log-likelihoods of text`, {
        hint: 'gpt-cli eval without --suite gives its accuracy',
      });
    const tokenizer = await checkpoint.loadTokenizer();
    const session = yield* openModel(checkpoint, tokenizer, machine);
    try {
      yield {
        event: 'suite',
        ...(choices.length > 0 && { choices: yield* scoreChoices(session, choices, signal) }),
        ...(pairs.length > 0 && { pairs: yield* scorePairs(session, pairs, signal) }),
        ...(answers.length > 0 && { answers: yield* scoreAnswers(session, answers, maxNewTokens, signal) }),
      };
    } finally {
      await session.close();
    }
  } finally {
    await checkpoint.close();
  }
}

type Work<Result> = AsyncGenerator<PhaseEvent | NoticeEvent, Result>;

async function* scoreChoices(
  session: Session,
  items: readonly ChoiceItem[],
  signal: AbortSignal | undefined,
): Work<NonNullable<SuiteEvent['choices']>> {
  const texts = items.flatMap(({ context, choices }) =>
    choices.map((choice) => ({ context, text: joined(context, choice), choice })),
  );
  const { sums, tokens } = yield* likelihoodsOf(session, texts, 'scoring choices', signal);
  const bytes = texts.map(({ choice }) => Buffer.byteLength(choice));
  const accuracyBy = (lengthOf: (index: number) => number) => {
    let first = 0;
    const right = items.map(({ choices, label }) => {
      const scores = choices.map((_, choice) => sums[first + choice]! / lengthOf(first + choice));
      first += choices.length;
      return scores.indexOf(Math.max(...scores)) === label;
    });
    return shareOf(right);
  };
  return {
    examples: items.length,
    accuracy: accuracyBy(() => 1),
    accuracyPerToken: accuracyBy((index) => tokens[index]!),
    accuracyPerByte: accuracyBy((index) => bytes[index]!),
  };
}

async function* scorePairs(
  session: Session,
  items: readonly PairItem[],
  signal: AbortSignal | undefined,
): Work<NonNullable<SuiteEvent['pairs']>> {
  const texts = items.flatMap(({ good, bad }) => [good, bad].map((text) => ({ context: '', text })));
  const { sums } = yield* likelihoodsOf(session, texts, 'scoring pairs', signal);
  // A tie is not right: of a sentence that the tokenizer cannot tell from the other one, nothing is known.
  return { examples: items.length, accuracy: shareOf(items.map((_, i) => sums[2 * i]! > sums[2 * i + 1]!)) };
}

/** Nats and scored tokens of each text after its context; reports what was cut and what is unknown. */
async function* likelihoodsOf(
  session: Session,
  texts: readonly { readonly context: string; readonly text: string }[],
  name: string,
  signal: AbortSignal | undefined,
): Work<{ readonly sums: Float64Array; readonly tokens: readonly number[] }> {
  const { tokenizer } = session;
  const { blockSize, vocabSize } = session.gpt.config;
  const encoded = texts.map(({ context, text }) =>
    encodeContinuation(context, text, { tokenizer, blockSize, vocabSize }),
  );
  yield* warnings(session, encoded);
  const sums = yield* phase(name, (report) =>
    logLikelihoods(session, encoded, { signal, report: (done) => report(done, encoded.length) }),
  );
  signal?.throwIfAborted();
  return { sums: sums!, tokens: encoded.map(({ ids, from }) => ids.length - from) };
}

function* warnings(
  { tokenizer, gpt }: Session,
  encoded: readonly (Continuation & { readonly cut: boolean })[],
): Generator<NoticeEvent> {
  const cut = encoded.filter((each) => each.cut).length;
  if (cut > 0) {
    const message = `${cut} of ${encoded.length} texts are longer than the context of ${gpt.config.blockSize} tokens; their beginning is cut`;
    yield { event: 'notice', level: 'warning', message };
  }
  const sequences = encoded.map(({ ids }) => ids);
  const unseen = countUnseen(tokenizer, sequences);
  if (unseen > 0) yield { event: 'notice', level: 'warning', message: unseenText(unseen) };
  const withoutRow = sequences.reduce((sum, ids) => sum + ids.filter((id) => id < 0).length, 0);
  if (withoutRow > 0) {
    const message = `${withoutRow} tokens have no row in the model: not scored`;
    yield { event: 'notice', level: 'warning', message };
  }
}

async function* scoreAnswers(
  session: Session,
  items: readonly AnswerItem[],
  maxNewTokens: number,
  signal: AbortSignal | undefined,
): Work<NonNullable<SuiteEvent['answers']>> {
  const written = yield* phase('writing answers', (report) =>
    writeGreedily(session, items, { maxNewTokens, signal }, report),
  );
  const f1 = items.map(({ answers }, i) => wordF1(written[i]!, answers));
  return {
    examples: items.length,
    exactMatch: shareOf(items.map(({ answers }, i) => exactMatch(written[i]!, answers))),
    f1: estimateOf(f1),
  };
}

const shareOf = (right: readonly boolean[]) => estimateOf(right.map(Number));

function estimateOf(values: readonly number[]): Estimate {
  const { mean, error } = meanOf(values);
  return { mean, error: Number.isNaN(error) ? null : error };
}
