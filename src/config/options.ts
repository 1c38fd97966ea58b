// The options that a program gives to the library's functions: the same checks as for flags, and no misspelt key is ignored.
import { GptError } from '../errors.js';
import { nearest } from './nearest.js';
import { resolve } from './resolve.js';
import { type ChatConfig, groups, type SamplingConfig, type ServeConfig, settings } from './schema.js';

/**
 * @param name of the function, for messages
 * @param known its options; `true` for those that must be given
 * @throws GptError `config/options`: no object, an unknown key, a missing option
 */
export function checkOptions(name: string, options: unknown, known: Readonly<Record<string, boolean>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new GptError('config/options', `the options of ${name} must be an object, got ${String(options)}`);
  }
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue;
    const guess = nearest(key, Object.keys(known));
    throw new GptError('config/options', `unknown option "${key}" of ${name}`, {
      hint: guess ? `did you mean "${guess}"?` : `the options are ${Object.keys(known).join(', ')}`,
    });
  }
  const given = options as Readonly<Record<string, unknown>>;
  const missing = Object.keys(known).find((key) => known[key] && given[key] === undefined);
  if (missing !== undefined) throw new GptError('config/options', `${name} needs the option "${missing}"`);
}

/** @throws GptError `config/options` unless it is a list of strings */
export function requireStrings(name: string, value: unknown): asserts value is readonly string[] {
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return;
  throw new GptError('config/options', `${name} must be a list of strings, got ${JSON.stringify(value)}`);
}

/** The settings of one generated text; the others of `sample` are of the machine, or of several texts. */
const keysOfOneText: readonly string[] = [
  ...Object.keys(groups.find(({ title }) => title === 'Sampling')!.settings),
  'seed',
];

/** Of all settings of a command, those of one text. */
export function samplingOf(config: SamplingConfig | ChatConfig | ServeConfig): Partial<SamplingConfig> {
  return Object.fromEntries(Object.entries(config).filter(([key]) => keysOfOneText.includes(key)));
}

/** What belongs to one text, besides the settings of sampling. */
interface OneText {
  /** Which sample of several of one seed this is. */
  readonly index: number;
  readonly signal?: AbortSignal;
}

/**
 * The options of one generated text, defaults filled in from the schema of `sample`.
 * @param name what they are called in errors; `flag`: settings go by the names of their flags
 * @throws GptError `config/value`, `config/key`, `config/options`
 */
export function resolveSampling(options: object, name = 'options'): { readonly settings: SamplingConfig } & OneText {
  const { index = 0, signal, ...values } = options as Partial<OneText> & Record<string, unknown>;
  if (!Number.isSafeInteger(index) || index < 0)
    throw new GptError('config/options', `"index" must be an integer of at least 0, got ${String(index)}`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new GptError('config/options', '"signal" must be an AbortSignal');
  const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const stranger = Object.keys(given).find((key) => Object.hasOwn(settings, key) && !keysOfOneText.includes(key));
  if (stranger !== undefined)
    throw new GptError('config/key', `"${stranger}" in ${name} has no effect on one text`, { hint: 'leave it out' });
  const resolved = resolve('sample', [{ name, values: given }]).values;
  return { settings: resolved, index, ...(signal && { signal }) };
}
