// Low-rank adapters (Hu et al. 2021, arXiv:2106.09685) beside the linear layers of every block: x W + (alpha / rank) x A^T B^T.
// A and B have PEFT's names and layouts: A [rank, in], B [out, rank].
import type { GptConfig, ParameterSpec } from './config.js';

export interface LoraConfig {
  readonly rank: number;
  /** The adapters are scaled by alpha / rank. */
  readonly alpha: number;
}

/** The linear layers of a block that are adapted. */
export const loraTargets = ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj'] as const;

/** `h.0.attn.c_attn.lora_A.weight` and so on: B begins at zero, so that an untrained adapter changes nothing. */
export function loraSpecs({ nLayer, nEmbd }: GptConfig, { rank }: LoraConfig): ParameterSpec[] {
  const widths = { 'attn.c_attn': [1, 3], 'attn.c_proj': [1, 1], 'mlp.c_fc': [1, 4], 'mlp.c_proj': [4, 1] } as const;
  return Array.from({ length: nLayer }, (_, layer) =>
    loraTargets.flatMap((target): ParameterSpec[] => {
      const [inputs, outputs] = widths[target].map((width) => width * nEmbd) as [number, number];
      const name = `h.${layer}.${target}`;
      const deviation = 1 / Math.sqrt(3 * inputs); // that of PEFT's uniform values
      return [
        { name: `${name}.lora_A.weight`, shape: [rank, inputs], decay: true, init: { kind: 'normal', deviation } },
        { name: `${name}.lora_B.weight`, shape: [outputs, rank], decay: true, init: { kind: 'zeros' } },
      ];
    }),
  ).flat();
}

/** The adapter's arrays beside a weight; undefined for a parameter that is not adapted. */
export function adapterOf(parameter: string): { readonly a: string; readonly b: string } | undefined {
  const found = /^(h\.\d+\.(.+))\.weight$/.exec(parameter);
  if (!found || !(loraTargets as readonly string[]).includes(found[2]!)) return undefined;
  return { a: `${found[1]}.lora_A.weight`, b: `${found[1]}.lora_B.weight` };
}

/**
 * The weight with its adapter in it: W + scale A^T B^T, summed in float64.
 * @param weight [in, out], row-major
 * @param a [rank, in]
 * @param b [out, rank]
 */
export function merged(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { rank, alpha }: LoraConfig,
): Float32Array {
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  if (weight.length !== inputs * outputs)
    throw new Error(`an adapter [${inputs}, ${outputs}] for ${weight.length} numbers`);
  const scale = alpha / rank;
  const result = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += a[r * inputs + i]! * b[o * rank + r]!;
      result[i * outputs + o] = weight[i * outputs + o]! + scale * sum;
    }
  }
  return result;
}
