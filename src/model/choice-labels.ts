// What a classifier's labels say. Knows no tensors.

/**
 * The labels of a model for multiple choice: its head has one row, which scores every choice alone (GPT-1). Data of one
 * label is refused, so a head of one row can be nothing else.
 */
export const choiceLabels: readonly string[] = ['choice'];

export function scoresChoices(labels: readonly string[] | undefined): boolean {
  return labels?.length === 1;
}
