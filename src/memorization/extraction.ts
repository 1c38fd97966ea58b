// Extractable memorization (Carlini et al. 2023, arXiv:2202.07646): of passages of the training text, how many the model continues
// verbatim, by greedy decoding, when it is prompted with their first tokens.
import type { Program } from '../engine/index.js';
import type { Extraction } from '../events.js';
import { insideStep } from '../model/index.js';
import { Random, stream } from '../rng.js';
import type { Session } from '../session/session.js';
import type { TrainingText } from './types.js';

/** The first `prompt` tokens, and their continuation in the text. */
export interface PromptedPassage {
  readonly tokens: Int32Array;
  readonly prompt: number;
}

export interface Lengths {
  /** Tokens of the prompt. */
  readonly prompt: number;
  /** Tokens that are compared. */
  readonly continuation: number;
}

/** Shorter passages say nothing about memory. */
const shortest = 4;

/**
 * Passages at random places, none over the border of two documents. Of prompts with answers: examples.
 * @param wanted lengths; halved until there are documents that long, where `fixed` is not set
 * @returns none where no document is long enough
 */
export function drawPassages(
  text: Pick<TrainingText, 'span' | 'answers'>,
  wanted: Lengths,
  options: { readonly count: number; readonly seed: number; readonly separator: number; readonly fixed?: boolean },
): { readonly lengths: Lengths; readonly passages: readonly PromptedPassage[] } {
  const random = new Random(stream.extraction, options.seed);
  if (text.answers) return { lengths: wanted, passages: drawAnswers(text, wanted, options.count, random) };
  let lengths = wanted;
  for (;;) {
    const passages = drawWindows(text, lengths, options, random);
    const { prompt, continuation } = lengths;
    if (passages.length > 0 || options.fixed || Math.min(prompt, continuation) < 2 * shortest)
      return { lengths, passages };
    lengths = { prompt: prompt >> 1, continuation: continuation >> 1 };
  }
}

function drawWindows(
  { span }: Pick<TrainingText, 'span'>,
  { prompt, continuation }: Lengths,
  { count, separator }: { readonly count: number; readonly separator: number },
  random: Random,
): PromptedPassage[] {
  const length = prompt + continuation;
  const passages: PromptedPassage[] = [];
  if (span.length < length) return passages;
  for (let tries = 1000 + 100 * count; tries > 0 && passages.length < count; tries--) {
    const tokens = span.read(random.integer(span.length - length + 1), length);
    if (!tokens.includes(separator)) passages.push({ tokens, prompt });
  }
  return passages;
}

function drawAnswers(
  { span, answers = [] }: Pick<TrainingText, 'span' | 'answers'>,
  { prompt, continuation }: Lengths,
  count: number,
  random: Random,
): PromptedPassage[] {
  return Array.from({ length: answers.length > 0 ? count : 0 }, () => {
    const { start, answer, end } = answers[random.integer(answers.length)]!;
    const from = Math.max(start, answer - prompt);
    const to = Math.min(end, answer + continuation);
    return { tokens: span.read(from, to - from), prompt: answer - from };
  });
}

/** Prompts that fit into the context with what follows them; of answers the whole prompt, if there is room. */
export function defaultLengths(blockSize: number, answers: boolean): Lengths {
  const continuation = Math.min(50, Math.max(1, blockSize >> 1));
  const room = Math.max(1, blockSize + 1 - continuation);
  return { prompt: answers ? room : Math.min(50, room), continuation };
}

/**
 * One pass for each passage: greedy decoding writes a continuation just where each token of it is the likeliest one after those before.
 */
export async function measureExtraction(
  session: Session,
  { lengths, passages }: ReturnType<typeof drawPassages>,
  {
    report,
    signal,
  }: { readonly report?: (done: number, total: number) => void; readonly signal?: AbortSignal | undefined } = {},
): Promise<Extraction> {
  const programs = new Map<number, Promise<Program>>();
  let extracted = 0;
  let matched = 0;
  for (const [done, { tokens, prompt }] of passages.entries()) {
    signal?.throwIfAborted();
    const time = paddedLength(tokens.length - 1, session.gpt.config.blockSize);
    const program =
      programs.get(time) ??
      session.compile(insideStep(session.gpt, { time, logits: true, lens: false, attention: false }));
    programs.set(time, program);
    const ids = new Int32Array(time);
    ids.set(tokens.subarray(0, -1));
    const { logits } = await (await program).run({ ids });
    const right = matchedTokens(logits as Float32Array, tokens, prompt, session);
    matched += right;
    if (right === tokens.length - prompt) extracted++;
    report?.(done + 1, passages.length);
    await new Promise((resolve) => setImmediate(resolve)); // lets Ctrl-C in
  }
  const samples = passages.length;
  return {
    ...{ samples, promptTokens: lengths.prompt, continuationTokens: lengths.continuation, extracted },
    rate: samples === 0 ? 0 : extracted / samples,
    matchedTokens: samples === 0 ? 0 : matched / samples,
  };
}

/** A power of two, so that few programs are compiled. */
const paddedLength = (length: number, blockSize: number) =>
  Math.min(blockSize, 2 ** Math.ceil(Math.log2(Math.max(16, length))));

/** How many tokens after the prompt are the likeliest, one after the other. @param logits [T, V] */
function matchedTokens(logits: Float32Array, tokens: Int32Array, prompt: number, { gpt, tokenizer }: Session): number {
  const { vocabSize } = gpt.config;
  const known = Math.min(vocabSize, tokenizer.vocabSize);
  for (let at = prompt; at < tokens.length; at++) {
    const row = (at - 1) * vocabSize;
    const own = logits[row + tokens[at]!]!;
    for (let id = 0; id < known; id++) {
      if (id === tokenizer.unknown || id === tokens[at]) continue;
      const other = logits[row + id]!;
      if (!(other < own) && !(other === own && id > tokens[at]!)) return at - prompt;
    }
  }
  return tokens.length - prompt;
}
