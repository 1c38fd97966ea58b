// A classifier's head as a parameter. Knows no tensors.
import type { ParameterSpec } from './config.js';

/** The head's name in checkpoints: [labels, C], without bias, as torch's Linear keeps it. */
export const headName = 'score.weight';

export function headSpec(nEmbd: number, labelCount: number): ParameterSpec {
  return { name: headName, shape: [labelCount, nEmbd], decay: true, init: { kind: 'normal', deviation: 0.02 } };
}
