// Llama and Qwen3 as ONNX graphs.
import { GptError } from '../../../errors.js';
import type { OnnxFormat } from '../../onnx-format.js';
import { hasQkNorm, type LlamaConfig, tokenTable, windowOf } from './config.js';
import { amplitudeOf, followsLength, frequenciesOf } from './frequencies.js';

export const onnx: OnnxFormat<LlamaConfig> = {
  embed(layers, config, ids) {
    if (followsLength(config))
      throw new GptError('export/model', 'rotary positions with dynamic scaling are not exported as ONNX', {
        hint: 'transformers opens the checkpoint as it is',
      });
    return layers.rows(tokenTable, ids);
  },
  block(layers, config, block, x) {
    const { nHead, nKvHead, headDim, normEpsilon: epsilon } = config;
    const part = (name: string) => `layers.${block}.${name}`;
    const normed = layers.rmsNorm(part('input_layernorm'), x, epsilon);
    const projected = (name: string) => layers.linear(part(`self_attn.${name}`), normed);
    const unit = (name: string, heads: number, value: string) =>
      hasQkNorm(config) ? layers.headNorm(part(`self_attn.${name}`), value, heads, epsilon) : value;
    const mixed = layers.attention(block, {
      query: unit('q_norm', nHead, projected('q_proj')),
      key: unit('k_norm', nKvHead, projected('k_proj')),
      value: projected('v_proj'),
      ...{ heads: nHead, keptHeads: nKvHead, width: headDim },
      frequencies: frequenciesOf(config),
      amplitude: amplitudeOf(config),
      window: windowOf(config, block),
    });
    const attended = layers.add(x, layers.linear(part('self_attn.o_proj'), mixed));
    const wide = layers.rmsNorm(part('post_attention_layernorm'), attended, epsilon);
    const gate = layers.activation('silu', layers.linear(part('mlp.gate_proj'), wide));
    const inner = layers.multiply(gate, layers.linear(part('mlp.up_proj'), wide));
    return layers.add(attended, layers.linear(part('mlp.down_proj'), inner));
  },
  normalize: (layers, { normEpsilon }, x) => layers.rmsNorm('norm', x, normEpsilon),
};
