// A GPT-2 (Radford et al. 2019): its settings, and the list of its parameters under GPT-2's names. Knows no tensors.
import type { ModelConfig, ParameterSpec } from '../../config.js';
import { normal, ParameterList } from '../../parameter-list.js';

export type PositionKind = 'learned' | 'sinusoidal' | 'rope';

/** Under transformers' names: GELU in its tanh form, exact GELU, ReLU, SiLU. */
export const activationNames = ['gelu_new', 'gelu', 'relu', 'silu'] as const;
export type Activation = (typeof activationNames)[number];

export interface Gpt2Config extends ModelConfig {
  readonly arch?: 'gpt2';
  /** Biases in linear layers and layer norms (GPT-2 has them). */
  readonly bias: boolean;
  readonly position: PositionKind;
  readonly layerNormEpsilon: number;
  /** Of the MLP. Absent: gelu_new. */
  readonly activation?: Activation;
  /** Inner width of the MLP. Absent: 4 nEmbd. */
  readonly ffnSize?: number;
  /** Whether the attention scores of block i are also divided by i + 1 (Mistral's GPT-2, for half precision). */
  readonly scaleByBlock?: boolean;
}

export const ffnSizeOf = ({ nEmbd, ffnSize }: Gpt2Config) => ffnSize ?? 4 * nEmbd;

/** The tensor that holds the position table, fixed or learned. */
export const positionTable = 'wpe.weight';
export const tokenTable = 'wte.weight';
export const outputProjection = 'lm_head.weight';

/** Matrices are [in, out], as GPT-2's Conv1D. */
export function parameters(config: Gpt2Config): ParameterSpec[] {
  const { vocabSize, blockSize, nLayer, nEmbd, bias, position, tie = true } = config;
  const inner = ffnSizeOf(config);
  const residual = normal(0.02 / Math.sqrt(2 * nLayer));
  const list = new ParameterList();
  const norm = (name: string, block?: number) => {
    list.vector(`${name}.weight`, nEmbd, 'ones', block);
    if (bias) list.vector(`${name}.bias`, nEmbd, 'zeros', block);
  };
  list.matrix(tokenTable, [vocabSize, nEmbd], { role: 'embedding', perToken: true });
  if (position === 'learned') list.matrix(positionTable, [blockSize, nEmbd], { role: 'embedding' });
  for (let block = 0; block < nLayer; block++) {
    const linear = (name: string, shape: [number, number], init = normal(0.02), facts = {}) => {
      list.matrix(`h.${block}.${name}.weight`, shape, { block, adapted: true, ...facts }, init);
      if (bias) list.vector(`h.${block}.${name}.bias`, shape[1], 'zeros', block);
    };
    norm(`h.${block}.ln_1`, block);
    linear('attn.c_attn', [nEmbd, 3 * nEmbd], normal(0.02), { joins: [nEmbd, nEmbd, nEmbd] });
    linear('attn.c_proj', [nEmbd, nEmbd], residual);
    norm(`h.${block}.ln_2`, block);
    linear('mlp.c_fc', [nEmbd, inner]);
    linear('mlp.c_proj', [inner, nEmbd], residual);
  }
  norm('ln_f');
  if (!tie) list.matrix(outputProjection, [vocabSize, nEmbd], { role: 'output', outputAxis: 0, perToken: true });
  return list.specs;
}
