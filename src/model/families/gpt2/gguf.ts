// GPT-2 as GGUF.
import { GptError } from '../../../errors.js';
import type { GgufFormat } from '../../gguf-format.js';
import { most } from '../limits.js';
import { ffnSizeOf, type Gpt2Config } from './config.js';

/** Parts of a block's names, ours and GGUF's. */
const parts: Readonly<Record<string, string>> = {
  ln_1: 'attn_norm',
  'attn.c_attn': 'attn_qkv',
  'attn.c_proj': 'attn_output',
  ln_2: 'ffn_norm',
  'mlp.c_fc': 'ffn_up',
  'mlp.c_proj': 'ffn_down',
};
/** Keys that `read` takes. */
const computed = [
  ...['vocab_size', 'context_length', 'embedding_length', 'block_count', 'feed_forward_length'],
  ...['attention.head_count', 'attention.layer_norm_epsilon'],
];
const outer: Readonly<Record<string, string>> = {
  wte: 'token_embd',
  wpe: 'position_embd',
  ln_f: 'output_norm',
  lm_head: 'output',
};

/** Refuses models that llama.cpp cannot run. @throws GptError `export/model` */
function requireComputed({ position, activation, scaleByBlock }: Gpt2Config): void {
  const reason =
    position === 'rope'
      ? 'a GPT-2 with rotary positions'
      : activation !== undefined
        ? `a GPT-2 with the activation ${activation}`
        : scaleByBlock
          ? 'a GPT-2 whose attention scores are scaled by block'
          : undefined;
  if (reason === undefined) return;
  throw new GptError('export/model', `llama.cpp does not compute ${reason}`, {
    hint: 'of rotary models it computes --arch llama and qwen3',
  });
}

export const gguf: GgufFormat<Gpt2Config> = {
  architecture: 'gpt2',
  read(metadata, { vocabSize, tied }) {
    const nEmbd = metadata.size('gpt2.embedding_length', most.width);
    const nHead = metadata.size('gpt2.attention.head_count', most.heads);
    if (nEmbd % nHead !== 0)
      throw metadata.error(`gpt2.embedding_length (${nEmbd}) is not divisible by ${nHead} heads`);
    metadata.requireOnly('gpt2.', computed, {});
    const ffnSize = metadata.size('gpt2.feed_forward_length', most.inner, 4 * nEmbd);
    return {
      vocabSize,
      blockSize: metadata.size('gpt2.context_length', most.positions),
      nLayer: metadata.size('gpt2.block_count', most.layers),
      nHead,
      nEmbd,
      dropout: 0,
      bias: true,
      position: 'learned',
      layerNormEpsilon: Number(metadata.number('gpt2.attention.layer_norm_epsilon', 1e-5).toPrecision(7)),
      ...(ffnSize !== 4 * nEmbd && { ffnSize }),
      ...(!tied && { tie: false }),
    };
  },
  write(config) {
    requireComputed(config);
    const count = (value: number) => ({ type: 'uint32', value }) as const;
    return {
      context_length: count(config.blockSize),
      embedding_length: count(config.nEmbd),
      block_count: count(config.nLayer),
      feed_forward_length: count(ffnSizeOf(config)),
      'attention.head_count': count(config.nHead),
      'attention.layer_norm_epsilon': { type: 'float32', value: config.layerNormEpsilon },
    };
  },
  tensorName(parameter) {
    const [, block, part, kind] = /^(?:h\.(\d+)\.)?(.+)\.(weight|bias)$/.exec(parameter)!;
    return `${block === undefined ? outer[part!] : `blk.${block}.${parts[part!]}`}.${kind}`;
  },
  layout: (_, { role, shape }) => (role === 'matrix' && shape.length === 2 ? 'transposed' : 'same'),
};
