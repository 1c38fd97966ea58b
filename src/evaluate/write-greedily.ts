// Answers that a model writes to many prompts, several at a time. Knows no data.
import { textModelOf } from '../generate/text-model.js';
import type { Report } from '../session/phase.js';
import type { Session } from '../session/session.js';

export interface Asked {
  /** Text, or its ids: at least one. */
  readonly prompt: string | readonly number[];
  readonly stop: readonly string[];
}

export interface Writing {
  readonly maxNewTokens: number;
  /** Tokens that end an answer, besides the end of text. */
  readonly ends?: ReadonlySet<number> | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Answers that are written at the same time. */
const together = 16;

/** Tokens of an answer at most, as in lm-eval. */
export const defaultNewTokens = 256;

/** The greedy continuation of each prompt, in their order. */
export async function writeGreedily(
  session: Session,
  asked: readonly Asked[],
  { maxNewTokens, ends, signal }: Writing,
  report: Report,
): Promise<string[]> {
  const writers = Math.min(together, asked.length);
  const model = textModelOf(session, { maxTexts: writers });
  const written: string[] = [];
  let next = 0;
  let done = 0;
  const write = async () => {
    while (next < asked.length) {
      const index = next++;
      const { prompt, stop } = asked[index]!;
      const ids = typeof prompt === 'string' ? model.prompt(prompt).ids : prompt;
      const options = { greedy: true, maxNewTokens, stop, ...(signal && { signal }) };
      for await (const event of model.generate({ ids }, options, { ends }))
        if (event.kind === 'end') written[index] = event.text;
      report(++done, asked.length);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  return written;
}
