// The messages of a conversation, read from JSON of OpenAI's form or ShareGPT's. Knows no template and no token.

export type Role = 'system' | 'developer' | 'user' | 'assistant' | 'tool';

/** A message as templates read it. */
export interface Message {
  readonly role: Role;
  /** Empty where only tools are called. */
  readonly content: string;
  /** Calls of an assistant, arguments parsed where they are JSON text. */
  readonly tool_calls?: readonly unknown[];
  /** Other keys that a template may read: `name`, `tool_call_id`, `reasoning_content`. */
  readonly [key: string]: unknown;
}

/** Why a list is no conversation. */
export interface MessageProblem {
  /** The list itself has the wrong form; else one message cannot be used. */
  readonly malformed: boolean;
  readonly code: string;
  readonly message: string;
  /** Where in the list. */
  readonly detail?: string;
}

const roles: ReadonlyMap<unknown, Role> = new Map<unknown, Role>([
  ['system', 'system'],
  ['developer', 'developer'],
  ['user', 'user'],
  ['human', 'user'],
  ['assistant', 'assistant'],
  ['gpt', 'assistant'],
  ['tool', 'tool'],
]);

const kept = ['name', 'tool_call_id', 'reasoning_content'];

/**
 * Reads a list of messages. A content of text parts is joined; `content: null` beside tool calls is an empty text.
 * @param form what the list should be, for the problem of one that is not
 */
export function parseMessages(list: unknown, form: string): readonly Message[] | MessageProblem {
  const malformed = { malformed: true, code: 'messages', message: form };
  if (!Array.isArray(list)) return malformed;
  const messages: Message[] = [];
  for (const [index, item] of list.entries()) {
    if (typeof item !== 'object' || item === null) return malformed;
    const { role, from, content, value, tool_calls: calls } = item as Record<string, unknown>;
    const known = roles.get(role ?? from);
    if (known === undefined) {
      const detail = `message ${index + 1} has ${JSON.stringify(role ?? from) ?? 'none'}`;
      const message = `a role is not one of ${[...roles.keys()].join(', ')}`;
      return { malformed: false, code: 'role', message, detail };
    }
    const called = known === 'assistant' && Array.isArray(calls) && calls.length > 0;
    const text = textOf(content ?? value, called);
    if (text === undefined) {
      const message = 'a message has no text as content';
      return { malformed: false, code: 'content', message, detail: `message ${index + 1}` };
    }
    messages.push({
      role: known,
      content: text,
      ...(called && { tool_calls: calls.map(parsedCall) }),
      ...Object.fromEntries(Object.entries(item).filter(([key]) => kept.includes(key))),
    });
  }
  return messages;
}

/** The text of a content; undefined for images and other parts that are no text. */
function textOf(content: unknown, called: boolean): string | undefined {
  if (typeof content === 'string') return content;
  if (content === null || content === undefined) return called ? '' : undefined;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part) => (part as { text?: unknown } | null)?.text);
  return texts.every((text) => typeof text === 'string') ? texts.join('') : undefined;
}

/** OpenAI has arguments as JSON text, templates write them as JSON: parsed, they are written once. */
function parsedCall(call: unknown): unknown {
  const { function: called } = (call ?? {}) as { function?: { arguments?: unknown } };
  if (typeof called?.arguments !== 'string') return call;
  try {
    return { ...(call as object), function: { ...called, arguments: JSON.parse(called.arguments) } };
  } catch {
    return call;
  }
}
