// What follows from the list of optimizers: their names and settings, as the schema of a run takes them. Loads no tfjs.
import { optimizers } from './optimizers.js';
import type { Optimizer, OptimizerOptions } from './types.js';

export { optimizers };

export type OptimizerName = keyof typeof optimizers;

export const optimizerNames = Object.keys(optimizers) as OptimizerName[];

/** Of new pretraining runs: the lowest loss in the same time (docs/log.md). */
export const defaultOptimizer: OptimizerName = 'muon';

/** Of finetuning, and of runs from before there was a choice. */
export const plainOptimizer: OptimizerName = 'adamw';

type Union = (typeof optimizers)[OptimizerName]['settings'];
type Joined<U> = (U extends unknown ? (settings: U) => void : never) extends (settings: infer I) => void ? I : never;

/** The settings of all optimizers. Those of one name are one setting. */
export const optimizerSettings: Joined<Union> = Object.assign(
  {},
  ...Object.values(optimizers).map(({ settings }) => settings),
);

/** What an optimizer is given, out of the settings of a run. */
export function optionsFor({ settings }: Optimizer, config: object & { readonly gradClip: number }): OptimizerOptions {
  const values = config as Readonly<Record<string, unknown>>;
  const own = Object.keys(settings).map((key) => [key, values[key] as number | boolean]);
  return { ...Object.fromEntries(own), gradClip: config.gradClip };
}
