// The entry `gpt-cli/layers`: this project's layers for tf.model and tf.sequential, registered for loading by their import,
// and checkpoints as models of tfjs.
export type { Preference } from '../checkpoint/index.js';
export { GptError } from '../errors.js';
export { CausalSelfAttention, type CausalSelfAttentionArgs } from '../model/families/gpt2/attention.js';
export { Block, type BlockArgs } from '../model/families/gpt2/block.js';
export { MLP, type MLPArgs } from '../model/families/gpt2/mlp.js';
export { GroupedQueryAttention, type GroupedQueryAttentionArgs } from '../model/families/llama/attention.js';
export { LlamaBlock, type LlamaBlockArgs } from '../model/families/llama/block.js';
export { GatedMLP, type GatedMLPArgs } from '../model/families/llama/mlp.js';
export { type CallOptions, GptLayer, type LayerArgs } from '../model/layers/base.js';
export { LayerNorm, type LayerNormArgs } from '../model/layers/layer-norm.js';
export { Linear, type LinearArgs } from '../model/layers/linear.js';
export { PositionEmbedding, type PositionEmbeddingArgs } from '../model/layers/position-embedding.js';
export { RMSNorm, type RMSNormArgs } from '../model/layers/rms-norm.js';
export { TokenEmbedding, type TokenEmbeddingArgs } from '../model/layers/token-embedding.js';
export { asLayersModel, type LayersModelOptions } from './as-layers-model.js';
export { ClassifierHead, type ClassifierHeadArgs } from './classifier-head.js';
export { TiedEmbedding, type TiedEmbeddingArgs } from './tied-embedding.js';
