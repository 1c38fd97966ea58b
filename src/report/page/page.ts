// The whole page, in one file that needs no other: styles, scripts and data are in it, and its policy lets nothing else in.
import { createHash } from 'node:crypto';
import { clientScript, clientStyle } from '../client.generated.js';
import type { ModelFacts } from '../model-facts.js';
import type { RunRecord } from '../read-run.js';
import { confusion } from './confusion.js';
import { pageData } from './data.js';
import { histograms } from './histograms.js';
import { Html, html, jsonScript } from './html.js';
import { samples } from './samples.js';
import { configuration, environment, results, runName } from './tables.js';

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
  const script = createHash('sha256').update(clientScript).digest('base64');
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${script}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="${generator}">
<title>${title}</title>
<style>${new Html(clientStyle)}</style>
</head><body>
<header><h1><bdi>${title}</bdi></h1><p class="note">gpt-cli ${version}, ${time}</p></header>
<main>
${section('Results', results(runs))}
${section('Curves', data.charts.length > 0 ? html`<div id="charts"></div><noscript>Curves need JavaScript.</noscript>` : undefined)}
${section('Configuration', configuration(runs))}
${section('Samples', samples(runs, models))}
${section('Confusion', confusion(runs))}
${section('Attention', data.attention.length > 0 ? html`<div id="attention-maps"></div>` : undefined)}
${section('Parameters', histograms(runs, models))}
${section('Environment', environment(runs))}
${section('Notes', notes.length > 0 ? html`<ul>${notes}</ul>` : undefined)}
</main>
${jsonScript('data', data)}
<script>${new Html(clientScript)}</script>
</body></html>
`;
  return page.text;
}
