// What a model reads of a conversation that is longer than its context. Knows no model: it is given a template and a length.
import type { ChatTemplate, Message } from '../chat/index.js';

export interface FittedPrompt {
  /** At most `room` ids. */
  readonly ids: readonly number[];
  /** How many messages, the oldest after the system's, are no longer read. */
  readonly dropped: number;
  /** How many of the first ids of what was left did not fit either. */
  readonly cut: number;
}

/**
 * The prompt of a conversation. Where it is too long, the oldest turns are dropped, each with its answers; the system's
 * message and the last question stay. A question that alone is too long loses its beginning.
 * @param room the most ids, above 0
 * @throws GptError `chat/template`
 */
export function fitPrompt(template: ChatTemplate, messages: readonly Message[], room: number): FittedPrompt {
  let kept = messages;
  for (;;) {
    const ids = template.prompt(kept);
    const dropped = messages.length - kept.length;
    if (ids.length <= room) return { ids, dropped, cut: 0 };
    const shorter = withoutOldest(kept);
    if (shorter === undefined) return { ids: ids.slice(-room), dropped, cut: ids.length - room };
    kept = shorter;
  }
}

/** Without the oldest question and its answers; undefined where there is only one question. */
function withoutOldest(messages: readonly Message[]): readonly Message[] | undefined {
  const questions = messages.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  const [first, second] = questions;
  if (first === undefined || second === undefined) return undefined;
  return [...messages.slice(0, first), ...messages.slice(second)];
}
