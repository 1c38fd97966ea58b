// Samples over time, of each run.

import { type Html, html } from '../../html/template.js';
import type { ModelFacts } from '../model-facts.js';
import type { RunRecord } from '../read-run.js';
import { spread } from '../thin.js';
import { count } from './numbers.js';
import { runName } from './tables.js';

/** Of one run. */
const mostSamples = 24;
const mostCharacters = 4000;

function cutText(text: string): string {
  const characters = Array.from(text);
  if (characters.length <= mostCharacters) return text;
  return `${characters.slice(0, mostCharacters).join('')}… (${count(characters.length - mostCharacters)} more characters)`;
}

export function samples(runs: readonly RunRecord[], models: readonly (ModelFacts | undefined)[]): Html | undefined {
  const parts = runs.flatMap((run, i) => {
    const made = models[i]?.sample;
    const texts = spread(run.samples, mostSamples).map(({ iter, text }) => ({ title: `step ${count(iter)}`, text }));
    if (texts.length === 0 && made !== undefined) texts.push({ title: 'the best checkpoint', text: made });
    if (texts.length === 0) return [];
    const more = run.samples.length - texts.length;
    const shown = texts.map(
      ({ title, text }, at) => html`<details${at === texts.length - 1 && html` open`}><summary>${title}</summary>
<pre class="sample" dir="auto">${cutText(text)}</pre></details>`,
    );
    const rest = more > 0 && html`<p class="note">${count(more)} more samples are in the run's log.</p>`;
    return [html`<div><h3>${runName(run.name, i)}</h3>${shown}${rest}</div>`];
  });
  return parts.length === 0 ? undefined : html`<div class="columns">${parts}</div>`;
}
