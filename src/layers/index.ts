// The entry `gpt-cli/layers`: this project's layers for tf.model and tf.sequential, registered for loading by their import,
// and checkpoints as models of tfjs.
export type { Preference } from '../checkpoint/index.js';
export { GptError } from '../errors.js';
export { type CallOptions, GptLayer, type LayerArgs } from '../model/layers/base.js';
export { Block, type BlockArgs } from '../model/layers/block.js';
export { CausalSelfAttention, type CausalSelfAttentionArgs } from '../model/layers/causalSelfAttention.js';
export { LayerNorm, type LayerNormArgs } from '../model/layers/layerNorm.js';
export { Linear, type LinearArgs } from '../model/layers/linear.js';
export { MLP, type MLPArgs } from '../model/layers/mlp.js';
export { PositionEmbedding, type PositionEmbeddingArgs } from '../model/layers/positionEmbedding.js';
export { TokenEmbedding, type TokenEmbeddingArgs } from '../model/layers/tokenEmbedding.js';
export { asLayersModel, type LayersModelOptions } from './as-layers-model.js';
export { ClassifierHead, type ClassifierHeadArgs } from './classifier-head.js';
export { TiedEmbedding, type TiedEmbeddingArgs } from './tied-embedding.js';
