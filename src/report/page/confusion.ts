// The confusion matrix of each classifier: rows are true labels, columns predicted ones; cells are shaded by their share of the row.

import { type Html, html } from '../../html/template.js';
import type { RunRecord } from '../read-run.js';
import { count, percent } from './numbers.js';
import { runName } from './tables.js';

type Matrix = readonly (readonly number[])[];

function isMatrix(value: unknown, size: number): value is Matrix {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === size && row.every(Number.isSafeInteger);
  return Array.isArray(value) && value.length === size && size > 0 && value.every(isRow);
}

export function confusion(runs: readonly RunRecord[]): Html | undefined {
  const parts = runs.flatMap((run, i) => {
    const labels = run.starts.findLast(({ labels }) => Array.isArray(labels))?.labels?.map(String) ?? [];
    const found = run.evaluations.findLast(({ confusion }) => isMatrix(confusion, labels.length));
    if (!found) return [];
    return [
      html`<div><h3>${runName(run.name, i)}</h3><p class="note">validation, step ${count(found.iter!)}</p>${matrix(found.confusion!, labels)}</div>`,
    ];
  });
  return parts.length === 0 ? undefined : html`<div class="columns">${parts}</div>`;
}

function matrix(counts: Matrix, labels: readonly string[]): Html {
  const rows = counts.map((row, i) => {
    const total = row.reduce((a, b) => a + b, 0);
    const cells = row.map((value, j) => {
      const share = total === 0 ? 0 : value / total;
      const shade = Math.ceil(share * 10);
      return html`<td class="${i === j ? 'right' : 'wrong'} shade-${shade}" title="${percent(share)}">${count(value)}</td>`;
    });
    return html`<tr><th scope="row"><bdi>${labels[i]}</bdi></th>${cells}</tr>`;
  });
  const heads = labels.map((label) => html`<th scope="col"><bdi>${label}</bdi></th>`);
  return html`<div class="scroll"><table class="confusion"><thead><tr><th>true \\ predicted</th>${heads}</tr></thead><tbody>${rows}</tbody></table></div>`;
}
