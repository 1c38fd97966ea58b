// The one place where text is made safe for a terminal: what would move the cursor, change colours, write to the clipboard
// or reorder the line is shown instead of obeyed. Our own colours are marked with a secret of this process, which text
// from a file or a model cannot know. Piped output is never changed.
import { randomBytes } from 'node:crypto';
import { Chalk, type ChalkInstance } from 'chalk';

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

const csi = '\u001b[';
const mark = `\ufdd0${randomBytes(8).toString('hex')}[`;

/** What is written to a terminal for `text`: visible, in the colours that a `Paint` gave it. */
export function terminalText(text: string): string {
  return visible(text).replaceAll(mark, csi);
}

/** Without the marks of colours: what a reader sees, for measuring its width. */
export function unpainted(text: string): string {
  return text
    .split(mark)
    .map((part, i) => (i === 0 ? part : part.slice(part.indexOf('m') + 1)))
    .join('');
}

/** Text to text in a style, marked for `terminalText`. */
export type Style = (text: string) => string;

export interface Paint {
  readonly dim: Style;
  readonly gray: Style;
  readonly cyan: Style;
  readonly yellow: Style;
  readonly bold: Style;
  /** 0 to 255 each. */
  background(red: number, green: number, blue: number): Style;
}

/** Styles for a terminal that shows colours; without `colour` they change nothing. */
export function paintOf(colour: boolean): Paint {
  const chalk = new Chalk({ level: colour ? 2 : 0 });
  // Only the sequences around the text are ours: what it holds itself is not marked.
  const style = (instance: ChalkInstance): Style => {
    const [open = '', close = ''] = instance('|')
      .split('|')
      .map((code) => code.replaceAll(csi, mark));
    return (text) => (text === '' ? '' : `${open}${text}${close}`);
  };
  return {
    dim: style(chalk.dim),
    gray: style(chalk.gray),
    cyan: style(chalk.cyan),
    yellow: style(chalk.yellow),
    bold: style(chalk.bold),
    background: (red, green, blue) => style(chalk.bgRgb(red, green, blue)),
  };
}
