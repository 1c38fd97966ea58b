// The shell of a page that stands alone: one file without anything from elsewhere, light and dark, for screens and paper. Its
// content security policy lets the page's own script and style run and nothing else: no network, no script in any text.
import { createHash } from 'node:crypto';
import { visibleLine } from '../visible-text.js';
import { escapeHtml, jsonForScript } from './escape.js';

export interface Page {
  readonly title: string;
  /** What the script reads as `JSON.parse(document.getElementById('data').textContent)`. */
  readonly data: unknown;
  /** Besides the shell's own style. */
  readonly style: string;
  /** A classic script; it fills `<main>`. */
  readonly script: string;
}

const shellStyle = `
:root { color-scheme: light dark; --text: #1c1e21; --dim: #5f666d; --ground: #fff; --panel: #f4f5f7; --line: #d5d9dd;
  --accent: #1258b8; --hot: #e2542b; --cold: #2f74d0; }
@media (prefers-color-scheme: dark) { :root { --text: #e4e6e8; --dim: #9aa2aa; --ground: #15171a; --panel: #1f2226;
  --line: #363b41; --accent: #7ab3ff; --hot: #d9572f; --cold: #3f83dc; } }
@media print { :root { color-scheme: light; --text: #000; --dim: #444; --ground: #fff; --panel: #fff; --line: #bbb; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 15px/1.5 system-ui, sans-serif; color: var(--text);
  background: var(--ground); print-color-adjust: exact; -webkit-print-color-adjust: exact; }
h1 { font-size: 1.3rem; margin: 0 0 .3rem; overflow-wrap: anywhere; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p { margin: .3rem 0 .6rem; } .dim { color: var(--dim); }
table { border-collapse: collapse; font-size: .87rem; } th, td { padding: .15rem .5rem; text-align: right; }
th { font-weight: 600; color: var(--dim); } th:first-child, td:first-child { text-align: left; }
.scroll { overflow-x: auto; max-width: 100%; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
`;

const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** The whole file. */
export function htmlPage({ title, data, style, script }: Page): string {
  const whole = shellStyle + style;
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(whole)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(visibleLine(title))}</title>
<style>${whole}</style>
</head>
<body>
<main><noscript>This page needs JavaScript.</noscript></main>
<script type="application/json" id="data">${jsonForScript(data, 5)}</script>
<script>${script}</script>
</body>
</html>
`;
}
