// A confusion matrix for a terminal: counts, shaded by their share of the row where there are colours, and what precision
// and recall they mean for each label.
import { type Confusion, perClass } from '../metrics/index.js';
import { count, padEnd, padStart, table, width } from './format.js';
import { type Paint, visibleLine } from './terminal-text.js';

/** Cells of a wide matrix are cut to the labels that fit. */
const mostLabels = 20;

/**
 * @param paint without it, or without colours, there is no shading
 * @param unknown how many of the labels, the last ones, the model does not know: they are rows and never predicted
 */
export function confusionLines(matrix: Confusion, names: readonly string[], paint?: Paint, unknown = 0): string[] {
  const known = names.length - unknown;
  const labels = names.map((name, i) => (i < known ? name : `${name} (unknown)`));
  const metrics = perClass(matrix).map(({ precision, recall, f1, support }, i) => {
    const numbers = [precision, recall, f1].map((value) => value.toFixed(3));
    return [labels[i]!, ...numbers, count(support)];
  });
  const perLabel = table([['', 'precision', 'recall', 'F1', 'texts'], ...metrics], [1, 2, 3, 4]);
  if (labels.length > mostLabels) return perLabel;
  return [...matrixLines(matrix, labels, paint, known), '', ...perLabel];
}

/** @param columns how many of the labels can be predicted */
function matrixLines(matrix: Confusion, names: readonly string[], paint: Paint | undefined, columns: number): string[] {
  const labels = names.map(visibleLine);
  const predicted = labels.slice(0, columns);
  const corner = 'true \\ predicted';
  const left = Math.max(corner.length, ...labels.map(width));
  const cells = matrix.map((row) => row.slice(0, columns).map(count));
  const widths = predicted.map((label, i) => Math.max(width(label), ...cells.map((row) => row[i]!.length)));
  const lines = [[corner.padEnd(left), ...predicted.map((label, i) => padStart(label, widths[i]!))].join('  ')];
  for (const [i, row] of cells.entries()) {
    const total = matrix[i]!.reduce((a, b) => a + b, 0);
    const shown = row.map((cell, j) => {
      const text = ` ${cell.padStart(widths[j]!)} `;
      return paint ? shade(paint, text, total === 0 ? 0 : matrix[i]![j]! / total, i === j) : text;
    });
    lines.push(`${padEnd(labels[i]!, left)} ${shown.join('')}`.trimEnd());
  }
  return lines;
}

/** Green on the diagonal, red off it, the brighter the larger the share. */
function shade(paint: Paint, text: string, share: number, right: boolean): string {
  const level = Math.round(170 * share);
  return level < 8 ? text : right ? paint.background(0, level, 0)(text) : paint.background(level, 0, 0)(text);
}
