// The text of an exported page. Everything that a model or a person brings into it is escaped or base64.
import { dataIds, type PageFacts } from '../../browser/payload.js';
import { htmlPage } from '../../html/page.js';
import { Html, html, jsonScript } from '../../html/template.js';

export interface PageParts {
  readonly facts: PageFacts;
  /** The bundled module. */
  readonly script: string;
  readonly style: string;
  /** gzip streams: onnxruntime's WebAssembly, and the ONNX model. */
  readonly runtime: Uint8Array;
  readonly model: Uint8Array;
}

const writer = (chat: boolean) => html`<form id="writer">
<label>${chat ? 'message' : 'prompt'}<textarea id="prompt" rows="3" autofocus></textarea></label>
<div class="settings">
<label><span>temperature <output id="temperature-value" for="temperature"></output></span>
<input id="temperature" type="range" min="0" max="2" step="0.05" value="0.8"></label>
<label>tokens<input id="length" type="number" min="1" max="100000" value="200" required></label>
<label>seed<input id="seed" type="number" min="0" max="4294967295" step="1" value="1337" required></label>
</div>
<div class="actions"><button id="start" disabled>Write</button><button id="stop" type="button" disabled>Stop</button>
<span id="status" role="status">loading</span></div>
</form>
<div id="output" aria-live="polite"></div>
<div id="alternatives" role="tooltip" hidden></div>`;

const labeller = (choices: boolean) => html`<form id="labeller">
<label>text<textarea id="text" rows="4" autofocus></textarea></label>
${choices && html`<label>choices, one on each line<textarea id="choices" rows="4"></textarea></label>`}
<div class="actions"><button id="start" disabled>${choices ? 'Choose' : 'Classify'}</button>
<span id="status" role="status">loading</span></div>
</form>
<div id="scores" aria-live="polite"></div>`;

/** One file. Its content security policy lets it load nothing, from the disk or from a network. */
export function page({ facts, script, style, runtime, model }: PageParts): string {
  const data = (id: string, bytes: Uint8Array) => {
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    return html`<script type="text/plain" id="${id}">${new Html(base64)}</script>`;
  };
  const body = html`<h1>${facts.name}</h1>
<p class="summary">${facts.summary} It runs in this page: what you type is sent nowhere.</p>
${facts.labels ? labeller(facts.choices === true) : writer(facts.chat !== undefined)}
<noscript>This page needs JavaScript.</noscript>
${jsonScript(dataIds.facts, facts)}
${data(dataIds.model, model)}
${data(dataIds.runtime, runtime)}`;
  return htmlPage({
    title: facts.name,
    style,
    body,
    script,
    module: true,
    allow: { 'script-src': "'wasm-unsafe-eval'", 'style-src': "'unsafe-inline'", 'img-src': 'data:' },
    generator: 'gpt-cli',
    head: html`<link rel="icon" href="data:,">\n`,
  });
}
