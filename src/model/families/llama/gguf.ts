// Llama and Qwen3 as GGUF.
import { GptError } from '../../../errors.js';
import type { GgufFormat } from '../../gguf-format.js';
import { most } from '../limits.js';
import { hasQkNorm, type LlamaConfig } from './config.js';

/** Parts of a block's names, ours and GGUF's. */
const parts: Readonly<Record<string, string>> = {
  input_layernorm: 'attn_norm',
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  post_attention_layernorm: 'ffn_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
};
/** Keys that `read` takes. */
const computed = [
  ...['vocab_size', 'context_length', 'embedding_length', 'block_count', 'feed_forward_length', 'rope.freq_base'],
  ...['rope.dimension_count', 'attention.head_count', 'attention.head_count_kv', 'attention.key_length'],
  ...['attention.value_length', 'attention.layer_norm_rms_epsilon', 'attention.sliding_window'],
];
/** Keys that change nothing where they have these values. */
const neutral = {
  'rope.scaling.type': ['none'],
  'rope.scaling.factor': [0, 1],
  'rope.scale_linear': [0, 1],
  'attention.causal': [true],
  logit_scale: [0, 1],
  expert_count: [0],
  expert_used_count: [0],
};
const outer: Readonly<Record<string, string>> = { embed_tokens: 'token_embd', norm: 'output_norm', lm_head: 'output' };

export function ggufOf(arch: LlamaConfig['arch']): GgufFormat<LlamaConfig> {
  const key = (name: string) => `${arch}.${name}`;
  return {
    architecture: arch,
    read(metadata, { vocabSize, tied }) {
      const nEmbd = metadata.size(key('embedding_length'), most.width);
      const nHead = metadata.size(key('attention.head_count'), most.heads);
      const nKvHead = metadata.size(key('attention.head_count_kv'), most.heads, nHead);
      if (nHead % nKvHead !== 0)
        throw metadata.error(`${key('attention.head_count')} (${nHead}) is not divisible by ${nKvHead} heads of keys`);
      const headDim = metadata.size(key('attention.key_length'), most.width, nEmbd / nHead);
      for (const same of ['rope.dimension_count', 'attention.value_length'])
        if (metadata.number(key(same), headDim) !== headDim)
          throw metadata.error(`${key(same)} is not the width of a head, ${headDim}`);
      metadata.requireOnly(key(''), computed, neutral);
      const blockSize = metadata.size(key('context_length'), most.positions);
      const window = metadata.number(key('attention.sliding_window'), 0);
      if (window > 0 && window < blockSize)
        throw metadata.error(
          `${key('attention.sliding_window')} is ${window}, below the context of ${blockSize}`,
          'llama.cpp computes such files without the window; a Mistral or Qwen3 folder of transformers opens with it',
        );
      return {
        arch,
        vocabSize,
        blockSize,
        nLayer: metadata.size(key('block_count'), most.layers),
        nHead,
        nEmbd,
        nKvHead,
        headDim,
        ffnSize: metadata.size(key('feed_forward_length'), most.inner),
        dropout: 0,
        ropeTheta: metadata.number(key('rope.freq_base'), 10000),
        normEpsilon: rounded(metadata.number(key('attention.layer_norm_rms_epsilon'))),
        ...(!tied && { tie: false }),
      };
    },
    write: (config) => {
      if (config.ropeScaling) {
        const kind = `rotary positions scaled as in ${config.ropeScaling.kind}`;
        throw new GptError('export/model', `${kind} are not written to GGUF`, {
          hint: 'transformers opens the checkpoint as it is',
        });
      }
      const { slidingWindow, blockSize } = config;
      if (slidingWindow !== undefined && slidingWindow < blockSize)
        throw new GptError(
          'export/model',
          `llama.cpp computes no sliding window (${slidingWindow}) in models of ${arch}`,
          {
            hint: 'transformers opens the checkpoint as it is; --format onnx and html work',
          },
        );
      const count = (value: number) => ({ type: 'uint32', value }) as const;
      const real = (value: number) => ({ type: 'float32', value }) as const;
      return {
        context_length: count(config.blockSize),
        embedding_length: count(config.nEmbd),
        block_count: count(config.nLayer),
        feed_forward_length: count(config.ffnSize),
        'attention.head_count': count(config.nHead),
        'attention.head_count_kv': count(config.nKvHead),
        'attention.key_length': count(config.headDim),
        'attention.value_length': count(config.headDim),
        'attention.layer_norm_rms_epsilon': real(config.normEpsilon),
        'rope.freq_base': real(config.ropeTheta),
        'rope.dimension_count': count(config.headDim),
        vocab_size: count(config.vocabSize),
      };
    },
    tensorName(parameter) {
      const block = /^layers\.(\d+)\.(.+)\.weight$/.exec(parameter);
      return `${block ? `blk.${block[1]}.${parts[block[2]!]}` : outer[parameter.replace(/\.weight$/, '')]}.weight`;
    },
    layout(config, { name }) {
      if (hasQkNorm(config)) return 'same'; // Qwen's rotary positions turn halves in ggml too
      if (name.endsWith('q_proj.weight')) return { interleaved: { heads: config.nHead } };
      return name.endsWith('k_proj.weight') ? { interleaved: { heads: config.nKvHead } } : 'same';
    },
  };
}

/** A number that was kept as float32, as it was meant: 9.999999747378752e-6 is 1e-5. */
const rounded = (value: number) => Number(value.toPrecision(7));
