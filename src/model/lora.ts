// Low-rank adapters (Hu et al. 2021, arXiv:2106.09685) next to the linear layers of every block: x W + (alpha / rank) x A^T B^T.
// A and B have PEFT's names and layouts: A [rank, in], B [out, rank].
import type { ParameterSpec } from './config.js';

export interface LoraConfig {
  readonly rank: number;
  /** The adapters are scaled by alpha / rank. */
  readonly alpha: number;
}

/** [inputs, outputs] of a matrix. */
const widthsOf = ({ shape, outputAxis = 1 }: ParameterSpec) => [shape[1 - outputAxis]!, shape[outputAxis]!] as const;

/** The adapters of all parameters that have one. B is initialized to zero, so that an untrained adapter changes nothing. */
export function loraSpecs(specs: readonly ParameterSpec[], { rank }: LoraConfig): ParameterSpec[] {
  return specs
    .filter(({ adapted }) => adapted)
    .flatMap((spec): ParameterSpec[] => {
      const [inputs, outputs] = widthsOf(spec);
      const { a, b } = adapterNames(spec.name);
      const shared = { decay: true, role: 'adapter', ...(spec.block !== undefined && { block: spec.block }) } as const;
      const deviation = 1 / Math.sqrt(3 * inputs); // that of PEFT's uniform values
      return [
        { name: a, shape: [rank, inputs], init: { kind: 'normal', deviation }, ...shared },
        { name: b, shape: [outputs, rank], init: { kind: 'zeros' }, ...shared },
      ];
    });
}

/** The names of the two arrays that adapt a weight: `x.lora_A.weight` and `x.lora_B.weight` for `x.weight`. */
export function adapterNames(weight: string): { readonly a: string; readonly b: string } {
  const layer = weight.replace(/\.weight$/, '');
  return { a: `${layer}.lora_A.weight`, b: `${layer}.lora_B.weight` };
}

/** The weight that an adapter's array belongs to; undefined for another parameter. */
export function adaptedWeight(name: string): string | undefined {
  const found = /^(.+)\.lora_[AB]\.weight$/.exec(name);
  return found ? `${found[1]}.weight` : undefined;
}

/**
 * The weight with its adapter merged: W + scale A^T B^T, summed in float64.
 * @param weight row-major, [in, out], or [out, in] where `outputAxis` is 0
 * @param a [rank, in]
 * @param b [out, rank]
 */
export function merged(
  weight: Float32Array,
  a: Float32Array,
  b: Float32Array,
  { rank, alpha }: LoraConfig,
  outputAxis: 0 | 1 = 1,
): Float32Array {
  const inputs = a.length / rank;
  const outputs = b.length / rank;
  if (weight.length !== inputs * outputs)
    throw new Error(`an adapter [${inputs}, ${outputs}] for ${weight.length} numbers`);
  const scale = alpha / rank;
  const [byInput, byOutput] = outputAxis === 1 ? [outputs, 1] : [1, inputs];
  const result = new Float32Array(weight.length);
  for (let i = 0; i < inputs; i++) {
    for (let o = 0; o < outputs; o++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += a[r * inputs + i]! * b[o * rank + r]!;
      const at = i * byInput + o * byOutput;
      result[at] = weight[at]! + scale * sum;
    }
  }
  return result;
}
