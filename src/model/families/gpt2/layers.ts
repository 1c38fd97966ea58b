// A GPT-2 out of tfjs layers: embeddings, blocks, a last layer norm, logits by the token table or a matrix of their own.
import { dropout } from '../../../ops/index.js';
import * as tf from '../../../tf.js';
import type { GptOptions, ModelLayers } from '../../family.js';
import type { GptLayer } from '../../layers/base.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Linear } from '../../layers/linear.js';
import { PositionEmbedding } from '../../layers/position-embedding.js';
import { TokenEmbedding } from '../../layers/token-embedding.js';
import type { LoraConfig } from '../../lora.js';
import { Block } from './block.js';
import { ffnSizeOf, type Gpt2Config } from './config.js';

/** Dropout masks by place: that of the embeddings is 0, each block has three. */
const masksPerBlock = 3;

/** @param lora with low-rank adapters next to the linear layers of the blocks */
export function build(config: Gpt2Config, lora?: LoraConfig): ModelLayers {
  const { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout: rate, bias, position } = config;
  const { layerNormEpsilon: epsilon, activation, tie = true, scaleByBlock = false } = config;
  const tokens = new TokenEmbedding({ name: 'wte', vocabSize, nEmbd });
  const positions = position === 'rope' ? [] : [new PositionEmbedding({ name: 'wpe', blockSize, kind: position })];
  const shared = { nHead, nEmbd, bias, dropout: rate, epsilon, lora, activation, ffnSize: ffnSizeOf(config) };
  const ropePositions = position === 'rope' ? blockSize : undefined;
  const blocks = Array.from({ length: nLayer }, (_, i) => {
    const scale = scaleByBlock && i > 0 ? { attentionScale: 1 / (i + 1) } : {};
    return new Block({ name: `h.${i}`, ...shared, ...scale, place: 1 + masksPerBlock * i, ropePositions });
  });
  const lastNorm = new LayerNorm({ name: 'ln_f', bias, epsilon });
  const output = tie ? [] : [new Linear({ name: 'lm_head', units: vocabSize, bias: false, outputAxis: 0 })];
  const layers: GptLayer[] = [tokens, ...positions, ...blocks, lastNorm, ...output];
  return {
    layers,
    blocks,
    embed(ids: tf.Tensor, options: GptOptions) {
      const [batch, time] = ids.shape as [number, number];
      const embedded = tokens.run(ids); // [B, T, C]
      const placed = positions[0]?.run(embedded, { positions: options.positions }) ?? embedded;
      return dropout(tf.reshape(placed, [batch * time, nEmbd]), rate, options.dropout, 0);
    },
    embedTokens: (ids) => tf.reshape(tokens.run(ids), [ids.size, nEmbd]),
    normalize: (x) => lastNorm.run(x),
    output: () => (output[0] ?? tokens).matrix,
    masks: 1 + masksPerBlock * nLayer,
  };
}
