// From flags, config files and defaults to one frozen configuration, with the source of every value.
// Later layers win. Reads no file (see files.ts) and no command line (see cli/options).
import { GptError } from '../errors.js';
import { families } from '../model/families.js';
import type { FamilyName } from '../model/registry.js';
import { checkTraining, isGiven, type Sources } from './check.js';
import { defaultMinLearningRate, defaultWarmup } from './learning-rate.js';
import { nearest } from './nearest.js';
import {
  type ConfigOf,
  commandsOf,
  defaultOf,
  type FinetuneConfig,
  flagName,
  type PretrainConfig,
  settings,
  settingsOf,
} from './schema.js';
import type { ConfigCommand } from './setting.js';

/** Values from one place, by camelCase key. */
export interface Layer {
  /** `flag`, or the name of the file or preset: it is shown in errors and kept as the source. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** A whole recipe: what it does not say are the defaults, not what `--max-time` would choose. */
  readonly preset?: boolean;
}

export interface Resolved<C extends ConfigCommand> {
  readonly values: ConfigOf[C];
  /** For each key `default`, `derived`, `flag`, or the name of the file or preset. */
  readonly sources: Sources;
  /** Whether the model, and what nobody gave, are to be chosen for the time that the run has (recipe/). */
  readonly open: boolean;
}

export type ResolvedConfig = Resolved<'pretrain'>;

/** Only one of these ends a run; the highest layer that names one decides. */
const BUDGET = ['maxIters', 'epochs', 'maxTime'] as const;

function show(value: unknown): string {
  if (typeof value === 'number') return String(value);
  return JSON.stringify(value) ?? String(value);
}

function unknownKey(command: ConfigCommand, key: string, layer: Layer): GptError {
  const owners = commandsOf(key);
  if (owners.length > 0) {
    const hint = `it belongs to ${owners.join(' and ')}`;
    return new GptError('config/key', `"${key}" in ${layer.name} is no setting of ${command}`, { hint });
  }
  const guess = nearest(key, Object.keys(settingsOf(command)));
  const hint = guess ? `did you mean "${guess}"?` : 'gpt-cli config schema lists all';
  return new GptError('config/key', `unknown key "${key}" in ${layer.name}`, { hint });
}

function readValue(key: string, value: unknown, layer: Layer): unknown {
  const { schema, expects } = settings[key]!;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const name = layer.name === 'flag' ? `"${flagName(key)}"` : `"${key}" in ${layer.name}`;
  throw new GptError('config/value', `${name} must be ${expects}, got ${show(value)}`);
}

/** The budget of the layer, if it names one: the others are then not given. */
function budgetOf(layer: Layer, given: Readonly<Record<string, unknown>>): string | undefined {
  const named = BUDGET.filter((key) => given[key] !== undefined && given[key] !== null);
  if (named.length < 2) return named[0];
  const flags = named.map((key) => (layer.name === 'flag' ? `--${flagName(key)}` : `"${key}"`));
  const where = layer.name === 'flag' ? '' : ` in ${layer.name}`;
  throw new GptError('config/budget', `only one of ${flags.join(' and ')} can be given${where}`, {
    hint: `omit ${flags[1]}`,
  });
}

/** Fills in what follows from other values: the lowest learning rate, warm-up and saving. */
function derive(values: Record<string, unknown>, sources: Record<string, string>): void {
  const config = values as unknown as PretrainConfig & FinetuneConfig;
  const set = (key: keyof typeof config, value: unknown) => {
    if (values[key] !== null) return;
    values[key] = value;
    sources[key] = 'derived';
  };
  set('minLr', defaultMinLearningRate(config.lrSchedule, config.learningRate));
  if (config.maxIters !== null) set('warmupIters', defaultWarmup(config.maxIters)); // else the length is not known yet
  set('saveInterval', config.evalInterval);
  if (config.loraRank > 0) {
    set('loraAlpha', 2 * config.loraRank);
    // Few numbers are trained, and dropout's masks cost time.
    if (sources['dropout'] === 'default') {
      values['dropout'] = 0;
      sources['dropout'] = 'derived';
    }
  }
}

/** Time alone is given: no preset, no weights to begin with, and not both depth and width of the model. */
function leavesOpen({ maxTime, init }: PretrainConfig, sources: Sources, layers: readonly Layer[]): boolean {
  const sized = isGiven(sources['nLayer']) && isGiven(sources['nEmbd']);
  return maxTime !== null && init === null && !sized && !layers.some(({ preset }) => preset);
}

/** Lower losses than those of a GPT-2 in the same time (docs/recipe.md), unless settings are given that only a GPT-2 has. */
function familyForTime(sources: Sources): FamilyName {
  const own = Object.keys(families.gpt2.settings).filter((key) => !Object.hasOwn(families.qwen3.settings, key));
  return own.some((key) => isGiven(sources[key])) ? 'gpt2' : 'qwen3';
}

/**
 * The configuration of a command.
 * @param layers from the weakest to the strongest: presets, files, flags
 * @throws GptError config/key, config/value, config/budget, and those of checkTraining
 */
export function resolve<C extends ConfigCommand>(command: C, layers: readonly Layer[] = []): Resolved<C> {
  const known = settingsOf(command);
  const values: Record<string, unknown> = {};
  const sources: Record<string, string> = {};
  for (const key of Object.keys(known)) {
    values[key] = defaultOf(command, key);
    sources[key] = 'default';
  }
  for (const layer of layers) {
    const given: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(layer.values)) {
      if (key.startsWith('$') || value === undefined) continue;
      if (!Object.hasOwn(known, key)) throw unknownKey(command, key, layer);
      given[key] = readValue(key, value, layer);
    }
    const budget = budgetOf(layer, given);
    if (budget) {
      for (const key of BUDGET) {
        given[key] ??= null;
        sources[key] = layer.name;
      }
    }
    for (const [key, value] of Object.entries(given)) {
      values[key] = value;
      sources[key] = layer.name;
    }
  }
  const open = command === 'pretrain' && leavesOpen(values as unknown as PretrainConfig, sources, layers);
  if (command === 'pretrain' || command === 'finetune') {
    if (open && !isGiven(sources['arch'])) {
      values['arch'] = familyForTime(sources);
      sources['arch'] = 'derived';
    }
    derive(values, sources);
    checkTraining(values as unknown as PretrainConfig & FinetuneConfig, sources, open);
  }
  return Object.freeze({
    values: Object.freeze(values) as unknown as ConfigOf[C],
    sources: Object.freeze(sources),
    open,
  });
}
