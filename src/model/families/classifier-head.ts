// The classifier's head as transformers' ...ForSequenceClassification models have it.
import type { ParameterSpec } from '../config.js';

export const classifierHead = 'score.weight';

/** One row for each label; [labels, nEmbd], without bias. */
export function headOf({ nEmbd }: { readonly nEmbd: number }, labels: number): ParameterSpec {
  const init = { kind: 'normal', deviation: 0.02 } as const;
  return { name: classifierHead, shape: [labels, nEmbd], decay: true, init, role: 'head', outputAxis: 0 };
}
