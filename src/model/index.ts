// The GPT: its configuration and parameters by name, the tfjs model, its initial values, and its work as steps.
export { Classifier } from './classifier.js';
export { headName, headSpec } from './classifier-spec.js';
export { type ClassifierLossOptions, classifierLossStep, scoresStep } from './classifierSteps.js';
export {
  countParameters,
  type GptConfig,
  type Initialization,
  type ParameterSpec,
  type PositionKind,
  parameterSpecs,
} from './config.js';
export { decodeStep, keysName, prefillStep, valuesName } from './decodingSteps.js';
export { Gpt, type GptOptions } from './gpt.js';
export { initialize, type NamedArray } from './initialize.js';
export { Block } from './layers/block.js';
export { CausalSelfAttention } from './layers/causalSelfAttention.js';
export { LayerNorm } from './layers/layerNorm.js';
export { Linear } from './layers/linear.js';
export { MLP } from './layers/mlp.js';
export { PositionEmbedding, sinusoidalTable } from './layers/positionEmbedding.js';
export { TokenEmbedding } from './layers/tokenEmbedding.js';
export { adapterOf, type LoraConfig, loraSpecs, loraTargets, merged } from './lora.js';
export { type BatchShape, evaluationStep, logitsStep, lossStep } from './steps.js';
export { type Training, withTrainable } from './trainable.js';
