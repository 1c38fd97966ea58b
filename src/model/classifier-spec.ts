// A classifier's head as a parameter, and what its labels say. Knows no tensors.
import type { ParameterSpec } from './config.js';

/** The head's name in checkpoints: [labels, C], without bias, as torch's Linear keeps it. */
export const headName = 'score.weight';

/**
 * The labels of a model for multiple choice: its head has one row, which scores every choice alone (GPT-1). Data of one
 * label is refused, so a head of one row can be nothing else.
 */
export const choiceLabels: readonly string[] = ['choice'];

export function scoresChoices(labels: readonly string[] | undefined): boolean {
  return labels?.length === 1;
}

export function headSpec(nEmbd: number, labelCount: number): ParameterSpec {
  return { name: headName, shape: [labelCount, nEmbd], decay: true, init: { kind: 'normal', deviation: 0.02 } };
}
