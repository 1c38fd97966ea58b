// What predicted labels are worth, as scikit-learn counts it. Labels are their indices.

/** Rows are true labels, columns predicted ones. */
export type Confusion = readonly (readonly number[])[];

export interface ClassMetrics {
  /** Of the predictions of this label, the right ones; 0 where it was never predicted. */
  readonly precision: number;
  /** Of the examples of this label, the found ones; 0 where there are none. */
  readonly recall: number;
  /** The harmonic mean of the two; 0 where both are 0. */
  readonly f1: number;
  /** Examples of this label. */
  readonly support: number;
}

/**
 * Counts pairs of labels. A true label below 0 is unknown and not counted.
 * @throws Error if the two differ in length, or a label is no index below `labelCount`
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  labelCount: number,
): number[][] {
  if (truth.length !== predicted.length)
    throw new Error(`${truth.length} labels and ${predicted.length} predictions differ in number`);
  const matrix = Array.from({ length: labelCount }, () => new Array<number>(labelCount).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const label = truth[i]!;
    if (label < 0) continue;
    const row = matrix[label];
    if (row?.[predicted[i]!] === undefined)
      throw new Error(`label ${label} or ${predicted[i]} is not among ${labelCount} labels`);
    row[predicted[i]!]!++;
  }
  return matrix;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

/** The share of examples that are on the diagonal; NaN where there are none. */
export function accuracy(matrix: Confusion): number {
  const right = sum(matrix.map((row, i) => row[i]!));
  return right / sum(matrix.map(sum));
}

/** Precision, recall and F1 of each label. */
export function perClass(matrix: Confusion): ClassMetrics[] {
  return matrix.map((row, i) => {
    const right = row[i]!;
    const support = sum(row);
    const predicted = sum(matrix.map((other) => other[i]!));
    const precision = ratio(right, predicted);
    const recall = ratio(right, support);
    return { precision, recall, f1: ratio(2 * right, predicted + support), support };
  });
}

/** The mean F1 of the labels that occur, truly or as a prediction; NaN where there are none. */
export function macroF1(matrix: Confusion): number {
  const occurring = perClass(matrix).filter(({ support }, i) => support > 0 || matrix.some((row) => row[i]! > 0));
  return sum(occurring.map(({ f1 }) => f1)) / occurring.length;
}
