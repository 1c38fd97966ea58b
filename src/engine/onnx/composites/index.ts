// Composites that onnxruntime has an operator for, or a better formula than their plain definition. Those not in this
// table are inlined.
import type { Lowerings } from '../lowerings/lowering.js';
import { causalAttention, causalAttentionGrad } from './attention.js';
import { addRows, embedding, embeddingGrad } from './embedding.js';
import { gelu, geluGrad, geluShared } from './gelu.js';
import { layerNorm, layerNormGrad } from './layer-norm.js';
import { tokenLoss, tokenLossGrad } from './token-loss.js';

export const composites: Lowerings = {
  AddRows: addRows,
  CausalAttention: causalAttention,
  CausalAttentionGrad: causalAttentionGrad,
  Embedding: embedding,
  EmbeddingGrad: embeddingGrad,
  Gelu: gelu,
  GeluGrad: geluGrad,
  GeluShared: geluShared,
  LayerNorm: layerNorm,
  LayerNormGrad: layerNormGrad,
  TokenLoss: tokenLoss,
  TokenLossGrad: tokenLossGrad,
};
