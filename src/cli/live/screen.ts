// The whole terminal as a page that is drawn over and over. Knows lines only. The page is on the alternate screen: what was
// there before comes back when it is left, however the process ends.
import type { EventEmitter } from 'node:events';
import { onExit } from '../../files/index.js';
import type { Output } from '../context.js';
import { terminalText } from '../terminal-text.js';

const csi = '\u001b[';
const [alternate, cursor, wrapping, synchronized] = ['?1049', '?25', '?7', '?2026'];
const enter = `${csi}${alternate}h${csi}${cursor}l${csi}${wrapping}l${csi}2J`;
const leave = `${csi}${wrapping}h${csi}${cursor}h${csi}${alternate}l`;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenOptions {
  /** The lines of the page for a size; more lines than `rows` are not shown. */
  readonly render: (size: ScreenSize) => readonly string[];
  /** Where SIGTSTP and SIGCONT come from. */
  readonly signals?: EventEmitter;
  /** Stops this process, as Ctrl-Z does. */
  readonly suspend?: () => void;
}

export class Screen {
  private shown = false;
  private forget: (() => void) | undefined;
  private readonly signals: EventEmitter;

  constructor(
    private readonly stream: Output,
    private readonly options: ScreenOptions,
  ) {
    this.signals = options.signals ?? process;
  }

  open(): void {
    this.show();
    this.stream.on('resize', this.redraw);
    this.signals.on('SIGTSTP', this.suspend);
    this.signals.on('SIGCONT', this.resume);
    this.forget = onExit(() => this.hide());
  }

  /** Whole, in one write. */
  readonly redraw = (): void => {
    if (!this.shown) return;
    const { columns = 80, rows = 24 } = this.stream;
    const lines = this.options.render({ columns, rows }).slice(0, rows);
    const page = lines.map((line) => `${csi}K${terminalText(line)}`).join('\r\n');
    this.stream.write(`${csi}${synchronized}h${csi}H${page}${csi}J${csi}${synchronized}l`);
  };

  close(): void {
    if (this.forget === undefined) return;
    this.hide();
    this.forget();
    this.forget = undefined;
    this.stream.removeListener('resize', this.redraw);
    this.signals.removeListener('SIGTSTP', this.suspend);
    this.signals.removeListener('SIGCONT', this.resume);
  }

  private show(): void {
    if (this.shown) return;
    this.shown = true;
    this.stream.write(enter);
    this.redraw();
  }

  private hide(): void {
    if (this.shown) this.stream.write(leave);
    this.shown = false;
  }

  private readonly suspend = (): void => {
    this.hide();
    (this.options.suspend ?? (() => process.kill(process.pid, 'SIGSTOP')))();
  };

  private readonly resume = (): void => this.show();
}
