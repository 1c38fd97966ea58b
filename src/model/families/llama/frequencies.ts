// The frequencies of Llama's rotary positions, radians a position.
import { rotaryFrequencies } from '../rotary.js';
import type { LlamaConfig } from './config.js';

/** D/2 frequencies, from the fastest: theta^(-2d/D), stretched where the model says so. */
export function frequenciesOf({
  headDim,
  ropeTheta,
  ropeScaling,
}: Pick<LlamaConfig, 'headDim' | 'ropeTheta'> & {
  readonly ropeScaling?: LlamaConfig['ropeScaling'] | undefined;
}): number[] {
  const plain = rotaryFrequencies(headDim, ropeTheta);
  if (!ropeScaling) return plain;
  if (ropeScaling.kind === 'linear') return plain.map((frequency) => frequency / ropeScaling.factor);
  const { factor, lowFrequency, highFrequency, original } = ropeScaling;
  return plain.map((frequency) => {
    const turns = (original * frequency) / (2 * Math.PI); // within the context of pretraining
    const kept = Math.min(1, Math.max(0, (turns - lowFrequency) / (highFrequency - lowFrequency)));
    return kept * frequency + ((1 - kept) * frequency) / factor;
  });
}
