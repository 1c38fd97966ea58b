// The text of an exported page. Everything that a model or a person brings into it is escaped or base64.
import { createHash } from 'node:crypto';
import { dataIds, type PageFacts } from '../../browser/payload.js';
import { escapeHtml, jsonForScript } from '../../html/escape.js';

export interface PageParts {
  readonly facts: PageFacts;
  /** The bundled module. */
  readonly script: string;
  readonly style: string;
  /** gzip streams: onnxruntime's WebAssembly, and the ONNX model. */
  readonly runtime: Uint8Array;
  readonly model: Uint8Array;
}

/** Within a script element these would end or change it; in JavaScript's strings and patterns the escape means the same. */
const inScript = (script: string) => script.replace(/<(?=\/script|!--|script)/gi, '\\x3c');

const writer = (chat: boolean) => `<form id="writer">
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

const labeller = (choices: boolean) => `<form id="labeller">
<label>text<textarea id="text" rows="4" autofocus></textarea></label>
${choices ? '<label>choices, one on each line<textarea id="choices" rows="4"></textarea></label>' : ''}
<div class="actions"><button id="start" disabled>${choices ? 'Choose' : 'Classify'}</button>
<span id="status" role="status">loading</span></div>
</form>
<div id="scores" aria-live="polite"></div>`;

/** One file. Its content security policy lets it load nothing, from the disk or from a network. */
export function page({ facts, script, style, runtime, model }: PageParts): string {
  const program = inScript(script);
  const hash = createHash('sha256').update(program).digest('base64');
  const policy = `default-src 'none'; script-src 'sha256-${hash}' 'wasm-unsafe-eval'; style-src 'unsafe-inline'; img-src data:`;
  const data = (id: string, text: string) => `<script type="text/plain" id="${id}">${text}</script>`;
  const base64 = (bytes: Uint8Array) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="gpt-cli">
<title>${escapeHtml(facts.name)}</title>
<link rel="icon" href="data:,">
<style>${style.replace(/<\//g, '<\\/')}</style>
</head>
<body>
<h1>${escapeHtml(facts.name)}</h1>
<p class="summary">${escapeHtml(facts.summary)} It runs in this page: what you type is sent nowhere.</p>
${facts.labels ? labeller(facts.choices === true) : writer(facts.chat !== undefined)}
<noscript>This page needs JavaScript.</noscript>
${data(dataIds.facts, jsonForScript(facts))}
${data(dataIds.model, base64(model))}
${data(dataIds.runtime, base64(runtime))}
<script type="module">${program}</script>
</body>
</html>
`;
}
