// Operations with a gradient of their own. Each file says what its nodes in a graph are: inputs, outputs, attributes.
// Those of one name with `Grad` behind are the gradients. Every one has a plain definition in tfjs operations, except
// Bernoulli, whose definition is rng.ts, and Fence.
export { geluExact, relu, silu } from './activations.js';
export { attentionWeights } from './attention-weights.js';
export { cachedAttention, type Past, pastMask, windowMask } from './cached-attention.js';
export { causalAttention } from './causal-attention.js';
export { type Dropout, type DropoutKey, dropout, dropoutMask, keptAtRandom } from './dropout.js';
export { embedding } from './embedding.js';
export { gelu } from './gelu.js';
export type { AttentionShape } from './heads.js';
export { layerNorm } from './layer-norm.js';
export { linear } from './linear.js';
export { recompute } from './recompute.js';
export { repeatHeads } from './repeat-heads.js';
export { rmsNorm } from './rms-norm.js';
export { positionsBeyond, type RopeTables, rope, ropeTables, ropeTablesAt } from './rope.js';
export { type TokenLoss, tokenLoss, tokenLosses } from './token-loss.js';
export { vocabularyLoss, vocabularyLosses } from './vocabulary-loss.js';
