// GPT-2 as an ONNX graph.
import type { OnnxFormat } from '../../onnx-format.js';
import { frequenciesOf } from '../llama/frequencies.js';
import { type Gpt2Config, positionTable, tokenTable } from './config.js';

export const onnx: OnnxFormat<Gpt2Config> = {
  embed(layers, { position }, ids, positions) {
    const tokens = layers.rows(tokenTable, ids);
    return position === 'rope' ? tokens : layers.add(tokens, layers.rows(positionTable, positions));
  },
  block(layers, config, block, x) {
    const { nHead, nEmbd, position, activation = 'gelu_new', scaleByBlock, layerNormEpsilon: epsilon } = config;
    const part = (name: string) => `h.${block}.${name}`;
    const width = nEmbd / nHead;
    const joint = layers.linear(part('attn.c_attn'), layers.layerNorm(part('ln_1'), x, epsilon));
    const [query, key, value] = layers.split(joint, [nEmbd, nEmbd, nEmbd]) as [string, string, string];
    const mixed = layers.attention(block, {
      ...{ query, key, value, heads: nHead, keptHeads: nHead, width },
      scale: scaleByBlock ? 1 / (block + 1) : undefined,
      frequencies: position === 'rope' ? frequenciesOf({ headDim: width, ropeTheta: 10000 }) : undefined,
    });
    const attended = layers.add(x, layers.linear(part('attn.c_proj'), mixed));
    const inner = layers.linear(part('mlp.c_fc'), layers.layerNorm(part('ln_2'), attended, epsilon));
    return layers.add(
      attended,
      layers.linear(part('mlp.c_proj'), layers.activation(activation === 'gelu_new' ? 'tanh-gelu' : activation, inner)),
    );
  },
  normalize: (layers, { layerNormEpsilon }, x) => layers.layerNorm('ln_f', x, layerNormEpsilon),
};
