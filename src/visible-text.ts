// Text that shows what it holds: characters that a terminal or a page would obey are written as escapes.

/**
 * C0 controls but tab and line feed, DEL, C1 controls, and the characters that change the direction of text (Trojan Source,
 * CVE-2021-42574).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** `\x1b`, `\u202e`: as JavaScript writes the character. */
function escaped(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16)}`;
}

/** Text in which every character that a terminal would obey is written as an escape. Tabs and line feeds stay. */
export function visible(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(unsafe, escaped);
}

/** As `visible`, on one line: for names, labels and cells of a table. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
}
