// Texts cut and wrapped to columns of a terminal, wide characters and emoji included.
import { isNarrow, width } from '../format.js';
import type { Style } from '../terminal-text.js';

const graphemes = new Intl.Segmenter();

/** The longest beginning that fits, by whole characters as a reader sees them. */
export function cut(text: string, columns: number): string {
  const room = Math.max(0, columns);
  if (isNarrow(text.slice(0, room + 1))) return text.slice(0, room);
  let used = 0;
  for (const { segment, index } of graphemes.segment(text)) {
    used += width(segment);
    if (used > columns) return text.slice(0, index);
  }
  return text;
}

export type Part = readonly [text: string, style?: Style];

/** Parts of one line, each in its style; what does not fit is cut off. */
export function line(parts: readonly Part[], columns: number): string {
  let left = columns;
  let out = '';
  for (const [text, style] of parts) {
    const shown = cut(text, left);
    left -= width(shown);
    out += style ? style(shown) : shown;
    if (shown.length < text.length) break;
  }
  return out;
}

/** Lines of at most `columns`, broken at blanks where there is one; at most `most` lines, of which the last ends in an ellipsis. */
export function wrap(text: string, columns: number, most: number): string[] {
  const lines: string[] = [];
  // A terminal's page holds no more than this.
  for (let rest of text.slice(0, columns * most * 2).split('\n')) {
    do {
      const head = cut(rest, columns);
      const blank = head.length < rest.length ? head.lastIndexOf(' ') : -1;
      // A character that is wider than the line is passed over.
      const taken = blank > 0 ? rest.slice(0, blank) : head || (rest && '?');
      lines.push(taken);
      rest = rest.slice(Math.max(taken.length, rest.length > 0 ? 1 : 0)).replace(/^ /, '');
    } while (rest.length > 0 && lines.length <= most);
    if (lines.length > most) break;
  }
  if (lines.length <= most) return lines;
  const last = lines[most - 1] ?? '';
  return most === 0 ? [] : [...lines.slice(0, most - 1), `${cut(last, columns - 1)}…`];
}

/** Fields in as few lines as they fit, two blanks apart. */
export function flow(fields: readonly string[], columns: number): string[] {
  const lines: string[] = [];
  for (const field of fields) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 2 + width(field) <= columns) lines[lines.length - 1] = `${last}  ${field}`;
    else lines.push(cut(field, columns));
  }
  return lines;
}
