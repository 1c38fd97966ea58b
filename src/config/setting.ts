// One setting: its type and range (a zod schema), default, help and place. From these come the flag, the key in a
// config file, the JSON schema and the error message. Knows no particular setting.
import { z } from 'zod';
import { parseDuration } from './duration.js';

export type TrainCommand = 'pretrain' | 'finetune';
export type ConfigCommand = TrainCommand | 'sample' | 'chat' | 'serve' | 'eval' | 'classify' | 'quantize';

export interface Setting<T> {
  readonly schema: z.ZodType<T>;
  /** Completes the sentence `"x" must be ...`. */
  readonly expects: string;
  /** What stands for the value in the help: `n` in `--n-layer <n>`; null for a switch (`--bias`, `--no-bias`). */
  readonly placeholder: string | null;
  readonly choices?: readonly string[];
  /** May be given several times; the value is a list. */
  readonly repeats?: boolean;
  readonly default: T;
  /** Where finetune's default differs. */
  readonly finetuneDefault?: T;
  readonly help: string;
  /** How the help states a default that is worked out or means "none". */
  readonly defaultText?: string;
  /** The same for finetune, where it differs. */
  readonly finetuneDefaultText?: string;
  /** A resumed run must keep it: another value would not continue the same run. */
  readonly fixed?: boolean;
  /** Turns a flag's text into what a config file would hold; text that cannot be read is returned as it is. */
  readonly read: (text: string) => unknown;
}

type Options<T> = Pick<Setting<T>, 'default' | 'help'> &
  Partial<Pick<Setting<T>, 'finetuneDefault' | 'defaultText' | 'finetuneDefaultText' | 'fixed' | 'placeholder'>>;

interface Range {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
  readonly below?: number;
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const readNumber = (text: string) => (NUMBER.test(text.trim()) ? Number(text) : text);

function phrase(noun: string, { min, max, above, below }: Range): string {
  if (min !== undefined && max !== undefined) return `${noun} from ${min} to ${max}`;
  const bounds = [
    min === undefined ? '' : `of at least ${min}`,
    above === undefined ? '' : `above ${above}`,
    max === undefined ? '' : `at most ${max}`,
    below === undefined ? '' : `below ${below}`,
  ];
  const given = bounds.filter(Boolean).join(' and ');
  return given ? `${noun} ${given}` : noun;
}

type Made = Pick<Setting<unknown>, 'schema' | 'expects' | 'placeholder' | 'read'> & Partial<Setting<unknown>>;

/** `null` as a default makes the setting one that may be absent. */
function make<T>(options: Options<T>, made: Made): Setting<T> {
  const absent = options.default === null || options.finetuneDefault === null;
  return { ...made, ...options, schema: absent ? made.schema.nullable() : made.schema } as Setting<T>;
}

/** A whole number. */
export function integer(options: Options<number> & Range): Setting<number>;
export function integer(options: Options<number | null> & Range): Setting<number | null>;
export function integer(options: Options<number | null> & Range): Setting<number | null> {
  const { min, max, ...rest } = options;
  let schema = z.int();
  if (min !== undefined) schema = schema.min(min);
  if (max !== undefined) schema = schema.max(max);
  return make(rest, { placeholder: 'n', schema, expects: phrase('a whole number', options), read: readNumber });
}

/** A finite number; `above` and `below` are bounds that it may not reach. */
export function real(options: Options<number> & Range): Setting<number>;
export function real(options: Options<number | null> & Range): Setting<number | null>;
export function real(options: Options<number | null> & Range): Setting<number | null> {
  const { min, max, above, below, ...rest } = options;
  let schema = z.number();
  if (min !== undefined) schema = schema.min(min);
  if (max !== undefined) schema = schema.max(max);
  if (above !== undefined) schema = schema.gt(above);
  if (below !== undefined) schema = schema.lt(below);
  return make(rest, { placeholder: 'x', schema, expects: phrase('a number', options), read: readNumber });
}

/** True or false: `--name` and `--no-name`. */
export function toggle(options: Options<boolean>): Setting<boolean> {
  const read = (text: string) => ({ true: true, false: false })[text] ?? text;
  return make(options, { placeholder: null, schema: z.boolean(), expects: 'true or false', read });
}

/** One of a few words. */
export function choice<const T extends string>(values: readonly T[], options: Options<NoInfer<T>>): Setting<T> {
  const expects = `one of ${values.join(', ')}`;
  const placeholder = values.join('|');
  return make(options, { placeholder, choices: values, schema: z.enum(values), expects, read: (text) => text });
}

/** Any text that is not empty. */
export function text(options: Options<string>): Setting<string>;
export function text(options: Options<string | null>): Setting<string | null>;
export function text(options: Options<string | null>): Setting<string | null> {
  const expects = 'a text that is not empty';
  return make(options, { placeholder: 'text', schema: z.string().min(1), expects, read: (value) => value });
}

/** A flag that may be repeated. */
export function texts(options: Options<readonly string[]>): Setting<readonly string[]> {
  const expects = 'a list of texts that are not empty';
  const schema = z.array(z.string().min(1));
  return make(options, { placeholder: 'text', repeats: true, schema, expects, read: (value) => value });
}

/** Seconds, given as a number or as `90s`, `10m`, `1h30m`, `500ms`; null when absent. */
export function duration(options: Options<number>): Setting<number>;
export function duration(options: Options<number | null>): Setting<number | null>;
export function duration(options: Options<number | null>): Setting<number | null> {
  const examples = ['90s', '10m', '1h30m'];
  const written = z
    .string()
    .refine((value) => parseDuration(value) !== undefined)
    .meta({ examples });
  const schema = z
    .union([z.number().positive(), written])
    .transform((value) => (typeof value === 'number' ? value : parseDuration(value)!));
  const expects = 'a time above 0 such as 90s, 10m or 1h30m';
  return make(options, { placeholder: 'time', schema, expects, read: readNumber });
}
