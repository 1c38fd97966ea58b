// HTML that is safe by construction: what is put into a template is text, unless it is itself made by a template.
import { visible } from '../visible-text.js';
import { escapeHtml, jsonForScript } from './escape.js';

export class Html {
  constructor(readonly text: string) {}
}

type Content = Html | string | number | undefined | false | readonly Content[];

/** UTF-8 cannot hold it. */
const loneSurrogate = /\p{Cs}/gu;

function textOf(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(textOf).join('');
  return escapeHtml(visible(String(content)).replace(loneSurrogate, (half) => `\\u${half.charCodeAt(0).toString(16)}`));
}

/** For elements' content and quoted attributes; not for scripts and styles. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(strings.map((text, i) => text + textOf(contents[i])).join(''));
}

/** JSON as the content of a script element, which `JSON.parse(document.getElementById(id).textContent)` reads. */
export function jsonScript(id: string, value: unknown, digits?: number): Html {
  return html`<script type="application/json" id="${id}">${new Html(jsonForScript(value, digits))}</script>`;
}
