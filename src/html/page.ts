// The shell of every page: one file without anything from elsewhere. Its content security policy lets the page's own script run
// and nothing else: no network, no script in any text.
import { createHash } from 'node:crypto';
import { visibleLine } from '../visible-text.js';
import { Html, html } from './template.js';

export interface Page {
  readonly title: string;
  readonly style: string;
  readonly body: Html;
  /** Runs after the body, as a classic script unless `module`. */
  readonly script: string;
  readonly module?: boolean;
  /** Sources that the policy also allows: `{ 'connect-src': "'self'" }`. */
  readonly allow?: Readonly<Record<string, string>>;
  /** The program that made the page. */
  readonly generator?: string;
  /** What the head holds besides. */
  readonly head?: Html;
}

const hashOf = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

/** Within a script element these would end or change it; in JavaScript's strings and patterns the escape means the same. */
const inScript = (script: string) => script.replace(/<(?=\/script|!--|script)/gi, '\\x3c');
/** Within a style element this would end it. */
const inStyle = (style: string) => style.replaceAll('</', '<\\/');

function policyOf(script: string, style: string, allow: Readonly<Record<string, string>>): string {
  const own = { 'script-src': hashOf(script), 'style-src': hashOf(style) };
  const sources = new Map(
    Object.entries({ 'default-src': "'none'", ...own, 'base-uri': "'none'", 'form-action': "'none'" }),
  );
  // Browsers ignore 'unsafe-inline' beside a hash.
  for (const [kind, more] of Object.entries(allow)) {
    const there = more === "'unsafe-inline'" ? undefined : sources.get(kind);
    sources.set(kind, there === undefined ? more : `${there} ${more}`);
  }
  return [...sources].map(([kind, source]) => `${kind} ${source}`).join('; ');
}

/** The whole file. */
export function htmlPage({ title, style, body, script, module, allow = {}, generator, head }: Page): string {
  const [program, rules] = [inScript(script), inStyle(style)];
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Html(policyOf(program, rules, allow))}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${generator !== undefined && html`<meta name="generator" content="${generator}">\n`}${head}<title>${visibleLine(title)}</title>
<style>${new Html(rules)}</style>
</head>
<body>
${body}
<script${module && html` type="module"`}>${new Html(program)}</script>
</body>
</html>
`.text;
}
