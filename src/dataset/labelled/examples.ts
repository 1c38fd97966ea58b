// From a row and its columns to an example: what a model is to learn from it, still as text.
import { type Message, parseMessages } from '../../chat/messages.js';
import type { Columns } from './columns.js';
import type { Report } from './problems.js';
import type { Row } from './table.js';

export interface ClassifyExample {
  readonly kind: 'classify';
  readonly place: string;
  /** Without white space around it. */
  readonly text: string;
  readonly second?: string;
  /** Undefined where it is to be predicted. */
  readonly label?: string;
}

export interface ChoiceExample {
  readonly kind: 'choice';
  readonly place: string;
  /** What comes before the choice. */
  readonly text: string;
  /** At least two. */
  readonly choices: readonly string[];
  /** Which is right: as the data has it, after `resolveChoices` its index. Undefined where it is to be predicted. */
  readonly label?: string;
}

export interface InstructExample {
  readonly kind: 'instruct';
  readonly place: string;
  /** Every column but that of the completion, for the template. */
  readonly fields: Readonly<Record<string, string>>;
  readonly completion: string;
}

export interface ChatExample {
  readonly kind: 'chat';
  readonly place: string;
  readonly messages: readonly Message[];
  /** Functions that the assistant may call, where the row has a list of them under `tools`. */
  readonly tools?: readonly unknown[];
}

export interface TextExample {
  readonly kind: 'text';
  readonly place: string;
  readonly text: string;
  /** The document is too long for one string: it continues in the next example. */
  readonly continues?: boolean;
}

export type Example = ClassifyExample | ChoiceExample | InstructExample | ChatExample | TextExample;

/**
 * The example of a row; undefined when the row has none, which `report` hears of: an empty text, label or completion is
 * a warning, a value of the wrong type or a missing key an error.
 * @param needLabel false where labels are to be predicted: a row without one is then a row like any other
 */
export function toExample(row: Row, columns: Columns, report: Report, needLabel = true): Example | undefined {
  const reader = new RowReader(row, report, needLabel);
  const { place } = row;
  switch (columns.kind) {
    case 'classify': {
      const text = reader.filled(columns.text, 'empty-text')?.trim();
      const second = columns.second === undefined ? undefined : reader.filled(columns.second, 'empty-text')?.trim();
      const label = columns.label === undefined ? undefined : reader.label(columns.label);
      if (reader.bad || text === undefined) return undefined;
      return {
        kind: 'classify',
        place,
        text,
        ...(second !== undefined && { second }),
        ...(label !== undefined && { label }),
      };
    }
    case 'choice': {
      const text = columns.texts.map((column) => reader.filled(column, 'empty-text')?.trim() ?? '').join(' ');
      const { choices, names } = reader.choices(columns.choices) ?? {};
      const given = columns.label === undefined ? undefined : reader.label(columns.label);
      if (reader.bad || choices === undefined) return undefined;
      const label = names && given !== undefined ? (choices[names.indexOf(given)] ?? given) : given;
      return { kind: 'choice', place, text, choices, ...(label !== undefined && { label }) };
    }
    case 'text': {
      const text = reader.filled(columns.text, 'empty-text');
      return text === undefined ? undefined : { kind: 'text', place, text };
    }
    case 'completion':
    case 'alpaca': {
      const [main, answer] =
        columns.kind === 'alpaca' ? [columns.instruction, columns.output] : [columns.prompt, columns.completion];
      const completion = reader.filled(answer, 'empty-completion');
      const prompt = reader.string(main);
      if (completion === undefined || prompt === undefined) return undefined;
      const fields: Record<string, string> = Object.create(null); // a column may be called __proto__
      fields[main] = prompt;
      for (const [key, value] of Object.entries(row.values)) {
        if (key !== answer && key !== main) fields[key] = asText(value);
      }
      return { kind: 'instruct', place, fields, completion };
    }
    case 'messages': {
      const messages = reader.messages(columns.messages);
      const tools = Object.hasOwn(row.values, 'tools') ? listed(row.values['tools']) : undefined;
      if (messages === undefined) return undefined;
      return { kind: 'chat', place, messages, ...(Array.isArray(tools) && tools.length > 0 && { tools }) };
    }
  }
}

/** Any JSON value for a template; '' for what is not there. */
function asText(value: unknown): string {
  if (value === undefined || value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** A list that a table's field holds as JSON. */
function listed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** What pandas and databases write where there is no label. */
const missingLabels: ReadonlySet<string> = new Set(['', 'NaN', 'nan', 'null', 'NULL', '<NA>']);

class RowReader {
  bad = false;

  constructor(
    private readonly row: Row,
    private readonly report: Report,
    private readonly needLabel: boolean,
  ) {}

  /** Of the row itself: a column may be called `constructor`. */
  private value(column: string): unknown {
    return Object.hasOwn(this.row.values, column) ? this.row.values[column] : undefined;
  }

  /** A string, number or boolean as a string; null, as pandas writes what is missing, as an empty one. */
  string(column: string): string | undefined {
    const value = this.value(column);
    if (typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (value === null) return '';
    if (value === undefined) {
      return this.fail(
        'error',
        'missing-value',
        `no value under ${JSON.stringify(column)}; the keys there are ${Object.keys(this.row.values).join(', ')}`,
      );
    }
    const kind = Array.isArray(value) ? 'an array' : 'an object';
    return this.fail('error', 'value-type', `${JSON.stringify(column)} is ${kind}, where one value is wanted`);
  }

  /** A string with more than white space in it. */
  filled(column: string, code: string): string | undefined {
    const value = this.string(column);
    if (value === undefined || value.trim() !== '') return value;
    return this.fail('warning', code, `${JSON.stringify(column)} is empty; the row is skipped`);
  }

  /** A label; empty, NaN and null are missing ones, in CSV and JSON alike: the row is skipped where labels are needed. */
  label(column: string): string | undefined {
    if (!this.needLabel) {
      const given = asText(this.value(column)).trim();
      return missingLabels.has(given) ? undefined : given;
    }
    const value = this.string(column)?.trim();
    if (value === undefined || !missingLabels.has(value)) return value;
    const found = value === '' ? 'empty' : value;
    return this.fail('warning', 'empty-label', `${JSON.stringify(column)} is ${found}: no label; the row is skipped`);
  }

  /** Choices out of a column each (empty ones are none), a list, a list as JSON text, or `{ text, label }` with names. */
  choices(columns: readonly string[]): { choices: string[]; names?: string[] } | undefined {
    const [column] = columns;
    const value = columns.length > 1 ? columns.map((name) => this.value(name) ?? '') : listed(this.value(column!));
    const { text, label } = (value ?? {}) as { text?: unknown; label?: unknown };
    const list = Array.isArray(value) ? value : text;
    if (!Array.isArray(list) || list.some((choice) => typeof choice === 'object')) {
      return this.fail('error', 'choices', `${JSON.stringify(column)} is a list of choices: ["...", "..."]`);
    }
    const choices = list.map((choice) => asText(choice).trim()).filter((choice) => choice !== '');
    if (choices.length < 2) {
      return this.fail(
        'warning',
        'few-choices',
        `${choices.length} choices, nothing to choose from; the row is skipped`,
      );
    }
    const names = Array.isArray(label) && label.length === choices.length ? label.map(String) : undefined;
    return { choices, ...(names && { names }) };
  }

  messages(column: string): readonly Message[] | undefined {
    const form = `${JSON.stringify(column)} is a list of {"role": "user", "content": "..."}`;
    const messages = parseMessages(this.value(column), form);
    if ('malformed' in messages) {
      const { malformed, code, message, detail } = messages;
      if (malformed) return this.fail('error', code, message);
      return this.fail('warning', code, `${message}; the row is skipped`, detail);
    }
    if (
      !messages.some(({ role, content, tool_calls: calls }) => role === 'assistant' && (content.trim() !== '' || calls))
    ) {
      return this.fail('warning', 'empty-completion', 'no turn of the assistant to learn from; the row is skipped');
    }
    return messages;
  }

  /** @param detail of this row, where the message is that of many rows */
  private fail(severity: 'error' | 'warning', code: string, message: string, detail?: string): undefined {
    this.bad = true;
    const { place } = this.row;
    this.report({ severity, code, message, place: detail === undefined ? place : `${place}: ${detail}` });
    return undefined;
  }
}
