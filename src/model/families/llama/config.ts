// A Llama (Touvron et al. 2023, arXiv:2302.13971, arXiv:2307.09288): its settings, and the list of its parameters under the names of
// its checkpoints, without their prefix. Qwen3 (Yang et al. 2025, arXiv:2505.09388) is a Llama whose queries and keys are
// normalized. Knows no tensors.
import type { ModelConfig, ParameterSpec } from '../../config.js';
import { normal, ParameterList } from '../../parameter-list.js';
import type { Rope } from './rope-scaling.js';

export interface LlamaConfig extends ModelConfig, Rope {
  readonly arch: 'llama' | 'qwen3';
  /** Heads of keys and values, a divisor of nHead. */
  readonly nKvHead: number;
  /** D, the width of a head. */
  readonly headDim: number;
  /** Inner width of the MLP. */
  readonly ffnSize: number;
  readonly normEpsilon: number;
  /** How many positions a block attends to, its own included (Jiang et al. 2023, arXiv:2310.06825). Absent: all up to its own. */
  readonly slidingWindow?: number;
  /** The blocks that have the window. Absent: all. */
  readonly windowedBlocks?: readonly number[];
}

export const tokenTable = 'embed_tokens.weight';
export const outputProjection = 'lm_head.weight';

export const windowOf = ({ slidingWindow, windowedBlocks }: LlamaConfig, block: number): number | undefined =>
  windowedBlocks === undefined || windowedBlocks.includes(block) ? slidingWindow : undefined;

export const hasQkNorm = ({ arch }: LlamaConfig) => arch === 'qwen3';

/** Matrices are [out, in], as torch's Linear. */
export function parameters(config: LlamaConfig): ParameterSpec[] {
  const { vocabSize, nLayer, nHead, nEmbd, nKvHead, headDim, ffnSize, tie = true } = config;
  const residual = normal(0.02 / Math.sqrt(2 * nLayer));
  const list = new ParameterList();
  list.matrix(tokenTable, [vocabSize, nEmbd], { role: 'embedding', perToken: true });
  for (let block = 0; block < nLayer; block++) {
    const name = (part: string) => `layers.${block}.${part}.weight`;
    const linear = (part: string, outputs: number, inputs: number, init = normal(0.02)) =>
      list.matrix(name(part), [outputs, inputs], { block, adapted: true, outputAxis: 0 }, init);
    list.vector(name('input_layernorm'), nEmbd, 'ones', block);
    linear('self_attn.q_proj', nHead * headDim, nEmbd);
    linear('self_attn.k_proj', nKvHead * headDim, nEmbd);
    linear('self_attn.v_proj', nKvHead * headDim, nEmbd);
    linear('self_attn.o_proj', nEmbd, nHead * headDim, residual);
    if (hasQkNorm(config)) {
      list.vector(name('self_attn.q_norm'), headDim, 'ones', block);
      list.vector(name('self_attn.k_norm'), headDim, 'ones', block);
    }
    list.vector(name('post_attention_layernorm'), nEmbd, 'ones', block);
    linear('mlp.gate_proj', ffnSize, nEmbd);
    linear('mlp.up_proj', ffnSize, nEmbd);
    linear('mlp.down_proj', nEmbd, ffnSize, residual);
  }
  list.vector('norm.weight', nEmbd, 'ones');
  if (!tie) list.matrix(outputProjection, [vocabSize, nEmbd], { role: 'output', outputAxis: 0, perToken: true });
  return list.specs;
}
