// AdamW in plain TypeScript: the reference that the SIMD kernels must equal bit for bit, and the fallback for small
// things. Knows nothing of memories or engines.
import type { AdamWOptions, Update } from './types.js';

/** What one update multiplies with: the options and the step's number, folded once and rounded to float32. */
export interface Coefficients {
  readonly beta1: number;
  /** 1 - beta1 */
  readonly rest1: number;
  readonly beta2: number;
  /** 1 - beta2 */
  readonly rest2: number;
  /** learningRate / (1 - beta1^iteration) */
  readonly stepSize: number;
  /** 1 / sqrt(1 - beta2^iteration) */
  readonly inverseRoot: number;
  /** 1 - learningRate * weightDecay, or 1 for arrays that are not decayed. */
  readonly decay: number;
  readonly epsilon: number;
  /** What gradients are multiplied with first: clipping. */
  readonly scale: number;
}

const f32 = Math.fround;

/**
 * Decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101) as torch.optim.AdamW computes it: epsilon is
 * added to the bias-corrected root.
 * @param decayed whether this array is decayed
 */
export function coefficients(options: AdamWOptions, update: Update, decayed: boolean, scale: number): Coefficients {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const { learningRate, iteration } = update;
  return {
    beta1: f32(beta1),
    rest1: f32(1 - beta1),
    beta2: f32(beta2),
    rest2: f32(1 - beta2),
    stepSize: f32(learningRate / (1 - beta1 ** iteration)),
    inverseRoot: f32(1 / Math.sqrt(1 - beta2 ** iteration)),
    decay: f32(decayed ? 1 - learningRate * weightDecay : 1),
    epsilon: f32(epsilon),
    scale: f32(scale),
  };
}

/** The update of arrays whose learning rate is scaled. */
export function scaled(update: Update, learningRateScale = 1): Update {
  return { ...update, learningRate: update.learningRate * learningRateScale };
}

/** The factor that brings a gradient of this global norm down to `gradClip`, as torch.nn.utils.clip_grad_norm_. */
export function clipScale(norm: number, gradClip: number): number {
  return gradClip > 0 ? Math.min(1, gradClip / (norm + 1e-6)) : 1;
}

/** Updates parameters and moments in place; four arrays of one length. */
export function adamw(
  parameters: Float32Array,
  gradients: Float32Array,
  firstMoments: Float32Array,
  secondMoments: Float32Array,
  { beta1, rest1, beta2, rest2, stepSize, inverseRoot, decay, epsilon, scale }: Coefficients,
): void {
  for (let i = 0; i < parameters.length; i++) {
    const gradient = f32(gradients[i]! * scale);
    const first = f32(f32(beta1 * firstMoments[i]!) + f32(rest1 * gradient));
    const second = f32(f32(beta2 * secondMoments[i]!) + f32(rest2 * f32(gradient * gradient)));
    firstMoments[i] = first;
    secondMoments[i] = second;
    const root = f32(f32(f32(Math.sqrt(second)) * inverseRoot) + epsilon);
    parameters[i] = f32(f32(parameters[i]! * decay) - f32(f32(stepSize * first) / root));
  }
}

/** The sum of squares in float64, four partial sums joined in a fixed order. */
export function squaredNorm(data: Float32Array): number {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < data.length; i++) sums[i & 3]! += data[i]! * data[i]!;
  return sums[0]! + sums[2]! + (sums[1]! + sums[3]!);
}

/** target += source * scale, elementwise. */
export function accumulate(target: Float32Array, source: Float32Array, scale: number): void {
  const factor = f32(scale);
  for (let i = 0; i < target.length; i++) target[i] = f32(target[i]! + f32(source[i]! * factor));
}
