// HTML that is safe by construction: what is put into a template is text, unless it is itself made by a template.

export class Html {
  constructor(readonly text: string) {}
}

type Content = Html | string | number | undefined | false | readonly Content[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Controls but tab and line feed, lone surrogates, and marks that change the direction of what follows (CVE-2021-42574). */
const invisible = /(?![\t\n])\p{Cc}|\p{Cs}|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** Text in which nothing is markup, and in which marks that nobody sees are written as escapes. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replace(invisible, (mark) => `\\u{${mark.codePointAt(0)!.toString(16)}}`)
    .replace(/[&<>"']/g, (character) => entities[character]!);
}

function textOf(content: Content): string {
  if (content === undefined || content === false) return '';
  if (content instanceof Html) return content.text;
  if (Array.isArray(content)) return content.map(textOf).join('');
  return escapeHtml(String(content));
}

/** For elements' content and quoted attributes; not for scripts and styles. */
export function html(strings: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return new Html(strings.map((text, i) => text + textOf(contents[i])).join(''));
}

/** JSON as the content of a script element: nothing in it ends the element. */
export function jsonScript(id: string, value: unknown): Html {
  return new Html(
    `<script type="application/json" id="${escapeHtml(id)}">${JSON.stringify(value).replaceAll('<', '\\u003c')}</script>`,
  );
}
