// An explanation as one HTML file, of at most about 3 MB.
import { htmlPage } from '../../html/page.js';
import { html, jsonScript } from '../../html/template.js';
import type { Explanation } from '../explain.js';
import { pageScript } from './client.generated.js';
import { mostPageWeights, type PageAttention, type PageData, triangle } from './data.js';
import { style } from './style.js';

/** More tokens than this are not shown. */
const mostTokens = 4000;
/** More cells of the logit lens than this are not shown. */
const mostCells = 16_000;

/** @param run what is explained, as the page's title says it */
export function explanationPage(explanation: Explanation, run: string): string {
  const body = html`<main><noscript>This page needs JavaScript.</noscript></main>
${jsonScript('data', pageDataOf(explanation, run), 5)}`;
  return htmlPage({ title: `explain ${run}`, style, body, script: pageScript });
}

function pageDataOf(
  { event: _, headTokens: __, positions, attention, notes: skipped, ...explanation }: Explanation,
  run: string,
): PageData {
  const notes = [...skipped];
  const { length } = explanation.tokens;
  const shown = explanation.tokens.slice(0, mostTokens);
  if (length > mostTokens) notes.push(`The first ${mostTokens} of ${length} tokens are shown.`);
  const blocks = shown[0]?.lens?.length ?? 0;
  const lens = shown.length * blocks <= mostCells;
  if (!lens) notes.push(`The logit lens of ${shown.length} tokens is too large for a page.`);
  const bytes = attention && positions ? attentionBytes(attention, positions) : undefined;
  if (attention && !bytes) notes.push(`The attention of ${positions!.length} positions is too large for a page.`);
  return {
    ...explanation,
    run,
    notes,
    tokens: lens ? shown : shown.map(({ lens: ___, ...token }) => token),
    ...(bytes && { attention: bytes }),
  };
}

function attentionBytes(
  attention: NonNullable<Explanation['attention']>,
  positions: readonly string[],
): PageAttention | undefined {
  const [layers, heads, time] = [attention.length, attention[0]!.length, positions.length];
  if (layers * heads * triangle(time) > mostPageWeights) return undefined;
  const bytes = new Uint8Array(layers * heads * triangle(time));
  let at = 0;
  for (const [index, weights] of attention.flat(2).entries()) {
    for (const weight of weights.slice(0, (index % time) + 1)) bytes[at++] = Math.round(255 * weight);
  }
  return { positions, layers, heads, weights: Buffer.from(bytes).toString('base64') };
}
