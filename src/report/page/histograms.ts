// How the parameters of each run are distributed: a card for each parameter, on it a histogram of each run.

import { type Html, html } from '../../html/template.js';
import type { ModelFacts, ParameterFacts } from '../model-facts.js';
import type { RunRecord } from '../read-run.js';
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

function histogram(facts: ParameterFacts, run: number): Html {
  const { min, max, mean, deviation, nonFinite } = facts;
  const bad = nonFinite > 0 && html` <strong>${count(nonFinite)} not finite</strong>`;
  if (!Number.isFinite(mean)) return html`<div>${bad}</div>`;
  return html`<div class="run-${run % 8}">${picture(facts)}<div class="range"><span>${figure(min)}</span><span>${figure(max)}</span></div><div class="note">${figure(mean, 3)} ± ${figure(deviation, 3)}${bad}</div></div>`;
}

export function histograms(runs: readonly RunRecord[], models: readonly (ModelFacts | undefined)[]): Html | undefined {
  const shown = runs.flatMap(({ name }, run) => {
    const { parameters, iter } = models[run] ?? {};
    return parameters ? [{ name, run, iter, byName: new Map(parameters.map((facts) => [facts.name, facts])) }] : [];
  });
  if (shown.length === 0) return undefined;
  const names = [...new Set(shown.flatMap(({ byName }) => [...byName.keys()]))];
  const legend = shown.map(
    ({ name, run, iter }) => html`${runName(name, run)}${iter !== undefined && ` at step ${count(iter)}`} `,
  );
  const cards = names.map((name) => {
    const shape = shown.map(({ byName }) => byName.get(name)?.shape.join(' × ')).find(Boolean);
    const pictures = shown.map(({ byName, run }) => {
      const facts = byName.get(name);
      return facts && histogram(facts, run);
    });
    return html`<div class="card"><h3>${name} <small>${shape}</small></h3><div class="pictures">${pictures}</div></div>
`;
  });
  return html`<details open><summary>${count(names.length)} parameters</summary>
<p class="note">${legend}· mean ± standard deviation</p>
<div class="cards">${cards}</div></details>`;
}
