// The GPT: its configuration and parameters by name, the tfjs model, its initial values, and its work as steps.
export { choiceLabels, scoresChoices } from './choice-labels.js';
export { Classifier } from './classifier.js';
export { type ClassifierLossOptions, classifierLossStep, scoresStep } from './classifier-steps.js';
export {
  countParameters,
  type Initialization,
  type ModelConfig,
  type ParameterSpec,
  type Role,
} from './config.js';
export { decodeStep, extendStep, keysName, prefillStep, valuesName } from './decoding-steps.js';
export {
  gradientStep,
  type InsideOptions,
  insideStep,
  type Predictor,
  patchingStep,
  predictionStep,
} from './explain-steps.js';
export type { CacheShape, Family, GptOptions } from './family.js';
export { Gpt, type GptParts } from './gpt.js';
export { initialize, type NamedArray } from './initialize.js';
export { LayerNorm } from './layers/layer-norm.js';
export { Linear } from './layers/linear.js';
export { PositionEmbedding, sinusoidalTable } from './layers/position-embedding.js';
export { TokenEmbedding } from './layers/token-embedding.js';
export { adaptedWeight, adapterNames, type LoraConfig, loraSpecs, merged } from './lora.js';
export {
  cacheShapeOf,
  configureModel,
  exactBeyond,
  type FamilyName,
  familyNames,
  familyOf,
  type GptConfig,
  headSpec,
  parameterSpecs,
  reachOf,
  rotaryOf,
} from './registry.js';
export { type BatchShape, evaluationStep, logitsStep, lossStep, tokenLossesStep } from './steps.js';
export { type Training, withTrainable } from './trainable.js';
