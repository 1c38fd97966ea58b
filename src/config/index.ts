// The settings of every command: one schema, and what is made of it.
export { approximateParameters, isGiven, type Sources } from './check.js';
export { defaults, jsonSchema } from './describe.js';
export { parseDuration } from './duration.js';
export { loadLayer, packageRoot, presetNames } from './files.js';
export { parseJson } from './json.js';
export { defaultMinLearningRate, defaultWarmup } from './learning-rate.js';
export { nearest } from './nearest.js';
export { checkOptions, requireStrings, resolveSampling, samplingOf } from './options.js';
export { type Layer, type Resolved, type ResolvedConfig, resolve } from './resolve.js';
export { resumeConfig } from './resume.js';
export {
  type AnySetting,
  type ChatConfig,
  type ConfigOf,
  commandsOf,
  defaultOf,
  defaultTextOf,
  type FinetuneConfig,
  flagName,
  groups,
  type InferenceConfig,
  leastMatch,
  type MachineConfig,
  type PretrainConfig,
  type SamplingConfig,
  type ServeConfig,
  settings,
  settingsOf,
  type TrainingConfig,
} from './schema.js';
export type { ConfigCommand, TrainCommand } from './setting.js';
export { programVersion } from './version.js';
