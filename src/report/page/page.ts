// The whole page.
import { htmlPage } from '../../html/page.js';
import { type Html, html, jsonScript } from '../../html/template.js';
import { clientScript, clientStyle } from '../client.generated.js';
import type { ModelFacts } from '../model-facts.js';
import type { RunRecord } from '../read-run.js';
import { confusion } from './confusion.js';
import { pageData } from './data.js';
import { histograms } from './histograms.js';
import { samples } from './samples.js';
import { configuration, environment, plans, results, runName } from './tables.js';

export interface PageOptions {
  readonly title: string;
  /** When the page is made, ISO 8601. */
  readonly time: string;
  readonly version: string;
}

/** What marks a file as one of ours, which may be replaced. */
export const generator = 'gpt-cli report';

function section(title: string, content: Html | undefined): Html | undefined {
  if (!content) return undefined;
  const id = title.toLowerCase().replaceAll(' ', '-');
  return html`<section id="${id}"><h2>${title}</h2>
${content}</section>
`;
}

/** @param models for each run, where its model was looked at */
export function reportPage(
  runs: readonly RunRecord[],
  models: readonly (ModelFacts | undefined)[],
  { title, time, version }: PageOptions,
): string {
  const data = pageData(runs, models);
  const notes = runs.flatMap(({ name, warnings }, i) =>
    [...warnings, ...(models[i]?.missing ?? [])].map((text) => html`<li>${runName(name, i)} <bdi>${text}</bdi></li>`),
  );
  const body = html`<header><h1><bdi>${title}</bdi></h1><p class="note">gpt-cli ${version}, ${time}</p></header>
<main>
${section('Results', results(runs))}
${section('Plan', plans(runs))}
${section('Curves', data.charts.length > 0 ? html`<div id="charts"></div><noscript>Curves need JavaScript.</noscript>` : undefined)}
${section('Configuration', configuration(runs))}
${section('Samples', samples(runs, models))}
${section('Confusion', confusion(runs))}
${section('Attention', data.attention.length > 0 ? html`<div id="attention-maps"></div>` : undefined)}
${section('Parameters', histograms(runs, models))}
${section('Environment', environment(runs))}
${section('Notes', notes.length > 0 ? html`<ul>${notes}</ul>` : undefined)}
</main>
${jsonScript('data', data)}`;
  // Histograms and uPlot's bands have styles of their own.
  const allow = { 'style-src': "'unsafe-inline'" };
  return htmlPage({ title, generator, style: clientStyle, body, script: clientScript, allow });
}
