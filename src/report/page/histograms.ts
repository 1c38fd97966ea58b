// How the parameters of each run are distributed: a row for each parameter, a histogram for each run.
import type { ModelFacts, ParameterFacts } from '../model-facts.js';
import type { RunRecord } from '../read-run.js';
import { type Html, html } from './html.js';
import { count, figure } from './numbers.js';
import { runName } from './tables.js';

const [width, height] = [120, 28];

/** Bars as one path, the highest bin as high as the picture. */
function picture({ bins }: ParameterFacts): Html {
  const most = Math.max(...bins, 1);
  const each = width / bins.length;
  const points = bins.map((n, i) => `V${(height * (1 - n / most)).toFixed(1)}H${((i + 1) * each).toFixed(1)}`).join('');
  return html`<svg class="histogram" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="histogram"><path d="M0 ${height}${points}V${height}Z"/></svg>`;
}

function cell(facts: ParameterFacts | undefined): Html {
  if (!facts) return html`<td></td>`;
  const { min, max, mean, deviation, nonFinite } = facts;
  const bad = nonFinite > 0 && html` <strong>${count(nonFinite)} not finite</strong>`;
  if (!Number.isFinite(mean)) return html`<td>${bad}</td>`;
  return html`<td>${picture(facts)}<div class="range"><span>${figure(min)}</span><span>${figure(max)}</span></div><div class="note">mean ${figure(mean)}, deviation ${figure(deviation)}${bad}</div></td>`;
}

export function histograms(runs: readonly RunRecord[], models: readonly (ModelFacts | undefined)[]): Html | undefined {
  const tables = models.map((model) => new Map(model?.parameters?.map((facts) => [facts.name, facts])));
  const shown = runs.map((run, i) => ({ run, i })).filter(({ i }) => tables[i]!.size > 0);
  if (shown.length === 0) return undefined;
  const names = [...new Set(shown.flatMap(({ i }) => [...tables[i]!.keys()]))];
  const heads = shown.map(({ run, i }) => {
    const { iter } = models[i]!;
    return html`<th scope="col">${runName(run.name, i)}${iter !== undefined && html`<div class="note">step ${count(iter)}</div>`}</th>`;
  });
  const rows = names.map((name) => {
    const found = shown.map(({ i }) => tables[i]!.get(name));
    const shape = found.find(Boolean)!.shape.join(' × ');
    return html`<tr><th scope="row">${name}<div class="note">${shape}</div></th>${found.map(cell)}</tr>
`;
  });
  return html`<details class="long" open><summary>${count(names.length)} parameters</summary>
<div class="scroll"><table class="histograms"><thead><tr><th></th>${heads}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
