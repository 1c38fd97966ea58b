// The frequencies of Llama's rotary positions, radians a position.
import { rotaryFrequencies } from '../rotary.js';
import type { LlamaConfig } from './config.js';
import type { RopeScaling } from './rope-scaling.js';

type Rotary = Pick<LlamaConfig, 'headDim' | 'ropeTheta'> & { readonly ropeScaling?: RopeScaling | undefined };
type Scaling<Kind> = Extract<RopeScaling, { kind: Kind }>;

/**
 * D/2 frequencies, from the fastest: theta^(-2d/D), scaled where the model says so.
 * @param length of the text, for dynamic scaling; default: not longer than those of pretraining
 */
export function frequenciesOf({ headDim, ropeTheta, ropeScaling }: Rotary, length = 0): number[] {
  if (ropeScaling?.kind === 'dynamic')
    return rotaryFrequencies(headDim, dynamicTheta(headDim, ropeTheta, ropeScaling, length));
  const plain = rotaryFrequencies(headDim, ropeTheta);
  if (!ropeScaling) return plain;
  const { factor } = ropeScaling;
  const kept = keptShare(headDim, ropeTheta, ropeScaling);
  return plain.map((frequency, d) => kept(frequency, d) * frequency + ((1 - kept(frequency, d)) * frequency) / factor);
}

/** What queries and keys are multiplied with when they turn. */
export const amplitudeOf = ({ ropeScaling }: Pick<Rotary, 'ropeScaling'>): number =>
  ropeScaling?.kind === 'yarn' ? ropeScaling.attentionFactor : 1;

/** Whether the angles of a position depend on the length of its text. */
export const followsLength = ({ ropeScaling }: Pick<Rotary, 'ropeScaling'>): boolean => ropeScaling?.kind === 'dynamic';

function dynamicTheta(width: number, theta: number, { factor, original }: Scaling<'dynamic'>, length: number): number {
  const stretch = (factor * Math.max(length, original)) / original - (factor - 1);
  return stretch === 1 ? theta : theta * stretch ** (width / (width - 2));
}

/** Which part of frequency d is kept, from 0 to 1; the other is divided by the factor. */
function keptShare(
  width: number,
  theta: number,
  scaling: Exclude<RopeScaling, Scaling<'dynamic'>>,
): (frequency: number, d: number) => number {
  if (scaling.kind === 'linear') return () => 0;
  if (scaling.kind === 'llama3') {
    const { lowFrequency, highFrequency, original } = scaling;
    return (frequency) => {
      const turns = (original * frequency) / (2 * Math.PI); // within the context of pretraining
      return clamp((turns - lowFrequency) / (highFrequency - lowFrequency));
    };
  }
  const { betaFast, betaSlow, original, truncate } = scaling;
  /** The dimension that makes so many turns within the context of pretraining. */
  const dimension = (turns: number) => (width * Math.log(original / (2 * Math.PI * turns))) / (2 * Math.log(theta));
  const [first, last] = [dimension(betaFast), dimension(betaSlow)];
  const from = Math.max(truncate ? Math.floor(first) : first, 0);
  const end = Math.min(truncate ? Math.ceil(last) : last, width - 1);
  const length = end === from ? 0.001 : end - from;
  return (_, d) => 1 - clamp((d - from) / length);
}

const clamp = (x: number) => Math.min(1, Math.max(0, x));
