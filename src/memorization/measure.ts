// How much of its training text a model gives away: prompted with it, and unprompted.
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, requireStrings, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { MemorizationEvent, NoticeEvent, PhaseEvent, WrittenPassage } from '../events.js';
import { textModelOf } from '../generate/text-model.js';
import { openModel, requireModelMachine } from '../session/open-model.js';
import { phase, type Report } from '../session/phase.js';
import type { Session } from '../session/session.js';
import { type MemorizationCheck, openCheck } from './check.js';
import { defaultLengths, drawPassages, measureExtraction } from './extraction.js';

export interface MemorizationOptions {
  /** A run folder, or a checkpoint with `inputs`. */
  readonly run: string;
  /** The training text, where the run's own is gone or not known. */
  readonly inputs?: readonly string[];
  /** Passages that are prompted with, and texts that are written. Default: 100. */
  readonly numSamples?: number | undefined;
  /** Tokens that a passage has at least. Default: as many as 64 bytes of the training text, 16 to 64. */
  readonly minMatch?: number | undefined;
  /** Tokens of each prompt. Default: 50, less where the context or the documents are shorter. */
  readonly promptTokens?: number | undefined;
  readonly layers?: readonly Layer[];
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `memorization` yields. */
export type MeasuringEvent = MemorizationEvent | PhaseEvent | NoticeEvent;

const known: Record<keyof MemorizationOptions, boolean> = {
  ...{ run: true, inputs: false, numSamples: false, minMatch: false, promptTokens: false },
  ...{ layers: false, stdin: false, signal: false },
};

/**
 * Yields one `memorization` event. The same seed gives the same result.
 * @throws GptError `memorized/...`: the training text is not known, gone or another one
 */
export async function* memorization(options: MemorizationOptions): AsyncGenerator<MeasuringEvent> {
  checkOptions('memorization', options, known);
  if (options.inputs !== undefined) requireStrings('"inputs"', options.inputs);
  const { run, inputs = [], minMatch, stdin, signal } = options;
  const machine = resolve('eval', options.layers).values;
  const checkpoint = await openCheckpoint(run);
  let check: MemorizationCheck | undefined;
  try {
    await requireModelMachine(checkpoint, machine);
    const tokenizer = await checkpoint.loadTokenizer();
    check = yield* openCheck({ run, checkpoint, tokenizer, inputs, minMatch, stdin, signal });
    const session = yield* openModel(checkpoint, tokenizer, machine);
    try {
      yield* measure(session, check, { ...options, seed: machine.seed });
    } finally {
      await session.close();
    }
  } finally {
    check?.close();
    await checkpoint.close();
  }
}

async function* measure(
  session: Session,
  check: MemorizationCheck,
  { numSamples = 100, promptTokens, seed, signal }: MemorizationOptions & { readonly seed: number },
): AsyncGenerator<MemorizationEvent | PhaseEvent> {
  const { text, minMatch } = check;
  const { blockSize } = session.gpt.config;
  const defaults = defaultLengths(blockSize, text.answers !== undefined);
  if (promptTokens !== undefined && promptTokens > blockSize - 1) {
    throw new GptError(
      'memorized/prompt-tokens',
      `prompt-tokens (${promptTokens}) does not fit into the context of ${blockSize} tokens`,
      {
        hint: `at most ${blockSize - 1}`,
      },
    );
  }
  const prompt = promptTokens ?? defaults.prompt;
  const lengths = { prompt, continuation: Math.min(defaults.continuation, blockSize + 1 - prompt) };
  const how = { count: numSamples, seed, separator: session.tokenizer.endOfText, fixed: promptTokens !== undefined };
  const drawn = drawPassages(text, lengths, how);
  if (drawn.passages.length === 0) {
    const tokens = drawn.lengths.prompt + drawn.lengths.continuation;
    throw new GptError('memorized/short', `no document of the training text has ${tokens} tokens`, {
      hint: promptTokens === undefined ? 'there is too little text' : 'try a smaller --prompt-tokens',
    });
  }
  const extraction = yield* phase('prompting with training text', (report) =>
    measureExtraction(session, drawn, { report, signal }),
  );
  const control = drawPassages({ span: text.heldOut }, drawn.lengths, { ...how, fixed: true });
  const heldOut =
    text.answers || control.passages.length === 0
      ? null
      : yield* phase('prompting with held-out text', (report) =>
          measureExtraction(session, control, { report, signal }),
        );
  const written = yield* phase('writing texts', (report) =>
    writeTexts(session, check, { numSamples, seed, signal, report }),
  );
  yield { event: 'memorization', extraction, heldOut, ...written, minMatch };
}

async function writeTexts(
  session: Session,
  check: MemorizationCheck,
  {
    numSamples,
    seed,
    signal,
    report,
  }: { numSamples: number; seed: number; signal: AbortSignal | undefined; report: Report },
): Promise<Pick<MemorizationEvent, 'generated' | 'passages'>> {
  const model = textModelOf(session);
  const passages = new Map<string, WrittenPassage>();
  let tokens = 0;
  let memorizedTokens = 0;
  for (let index = 0; index < numSamples; index++) {
    const { tokens: written } = await model.complete('', { seed, index, signal });
    const found = check.check(written);
    tokens += found.tokens;
    memorizedTokens += found.memorizedTokens;
    const own = new Map(found.passages.map(({ start: _, ...passage }) => [passage.text, passage]));
    for (const [key, passage] of own) {
      passages.set(key, { ...passage, samples: (passages.get(key)?.samples ?? 0) + 1 });
    }
    report(index + 1, numSamples);
  }
  const sorted = [...passages.values()].sort((a, b) => b.length - a.length || (a.text < b.text ? -1 : 1));
  const share = tokens === 0 ? 0 : memorizedTokens / tokens;
  const longest = sorted[0]?.length ?? 0;
  return { generated: { samples: numSamples, tokens, memorizedTokens, share, longest }, passages: sorted };
}
