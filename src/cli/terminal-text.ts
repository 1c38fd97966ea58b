// The one place where text is made safe for a terminal: what would move the cursor, change colours, write to the clipboard
// or reorder the line is shown instead of obeyed. Our own colours are marked with a secret of this process, which text
// from a file or a model cannot know. Piped output is never changed.
import { randomBytes } from 'node:crypto';
import { Chalk, type ChalkInstance } from 'chalk';
import { visible, visibleLine } from '../visible-text.js';

export { visible, visibleLine };

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
