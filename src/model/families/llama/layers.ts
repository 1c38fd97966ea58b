// A Llama out of tfjs layers: token embedding, blocks, a last RMSNorm, logits by the token table or a matrix of their own.
import { dropout } from '../../../ops/index.js';
import * as tf from '../../../tf.js';
import type { ModelLayers } from '../../family.js';
import { Linear } from '../../layers/linear.js';
import { RMSNorm } from '../../layers/rms-norm.js';
import { TokenEmbedding } from '../../layers/token-embedding.js';
import type { LoraConfig } from '../../lora.js';
import { LlamaBlock } from './block.js';
import { hasQkNorm, type LlamaConfig, windowOf } from './config.js';

/** Dropout masks by place: that of the embeddings is 0, each block has three. */
const masksPerBlock = 3;

/** @param lora with low-rank adapters next to the linear layers of the blocks */
export function build(config: LlamaConfig, lora?: LoraConfig): ModelLayers {
  const { vocabSize, nLayer, nEmbd, dropout: rate, normEpsilon: epsilon, tie = true } = config;
  const { blockSize, nHead, nKvHead, headDim, ffnSize, ropeTheta, ropeScaling } = config;
  const tokens = new TokenEmbedding({ name: 'embed_tokens', vocabSize, nEmbd });
  const shared = { blockSize, nEmbd, nHead, nKvHead, headDim, ffnSize, ropeTheta, ropeScaling, epsilon, lora };
  const norms = hasQkNorm(config) ? { qkNormEpsilon: epsilon } : {};
  const blocks = Array.from({ length: nLayer }, (_, i) => {
    const own = { window: windowOf(config, i), place: 1 + masksPerBlock * i };
    return new LlamaBlock({ name: `layers.${i}`, ...shared, ...norms, dropout: rate, ...own });
  });
  const lastNorm = new RMSNorm({ name: 'norm', epsilon });
  const output = tie ? [] : [new Linear({ name: 'lm_head', units: vocabSize, bias: false, outputAxis: 0 })];
  const embedTokens = (ids: tf.Tensor) => tf.reshape(tokens.run(ids), [ids.size, nEmbd]);
  return {
    layers: [tokens, ...blocks, lastNorm, ...output],
    blocks,
    embed: (ids, options) => dropout(embedTokens(ids), rate, options.dropout, 0),
    embedTokens,
    normalize: (x) => lastNorm.run(x),
    output: () => (output[0] ?? tokens).matrix,
    masks: 1 + masksPerBlock * nLayer,
  };
}
