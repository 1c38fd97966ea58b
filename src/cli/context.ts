// What a command gets from the program: streams, output options, and when to stop. Tests pass their own streams.
import type { Readable } from 'node:stream';
import { type Paint, paintOf, terminalText } from './terminal-text.js';

/** An output that may be a terminal. */
export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** The options that every command has. */
export interface GlobalOptions {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly color?: boolean;
}

export class Context {
  private readonly controller = new AbortController();
  private stoppable = false;
  /** Whether the command writes files. */
  lasting = false;
  /** Why standard output cannot be written. */
  outputFailure: NodeJS.ErrnoException | undefined;
  /** Takes a Ctrl-C for itself and returns true: an answer is stopped, the command is not. */
  absorb?: (() => boolean) | undefined;
  /** While a page fills the terminal: takes what would be written to it. */
  divert?: ((text: string, stream: Output) => void) | undefined;
  /** How an interrupted run is resumed, once it is saved. */
  resumeCommand: string | undefined;
  private code = 0;

  constructor(
    readonly streams: Streams,
    /** What was typed after `gpt-cli`. */
    readonly commandLine: readonly string[],
    private readonly options: () => GlobalOptions,
  ) {}

  /** --json: standard output holds JSON lines and nothing else. */
  get json(): boolean {
    return this.options().json === true;
  }

  /** --quiet: only results, warnings and errors. */
  get quiet(): boolean {
    return this.options().quiet === true;
  }

  /** Whether standard output is a terminal that shows colours, and nobody objects (--no-color, NO_COLOR). */
  get color(): boolean {
    const { env, stdout } = this.streams;
    if (this.options().color === false || env['NO_COLOR'] || env['TERM'] === 'dumb') return false;
    return stdout.isTTY === true;
  }

  /** Whether standard output is a terminal that is large enough for a page of its own. */
  get pages(): boolean {
    const { columns = 0, rows = 0 } = this.streams.stdout;
    return this.live && columns >= 24 && rows >= 5;
  }

  /** Whether standard output is a terminal on which a line can be redrawn. */
  get live(): boolean {
    const { env, stdout } = this.streams;
    const inCi = env['CI'] !== undefined && !['', '0', 'false'].includes(env['CI']);
    return stdout.isTTY === true && env['TERM'] !== 'dumb' && !inCi;
  }

  get paint(): Paint {
    return paintOf(this.color);
  }

  /**
   * From now on the first Ctrl-C, SIGTERM, SIGHUP or SIGQUIT aborts this signal, and the command ends by itself. Without this
   * call it ends the process at once.
   */
  stopOnInterrupt(): AbortSignal {
    this.stoppable = true;
    return this.controller.signal;
  }

  /** The command writes files: when nobody reads its standard output any more, it is not done. */
  writesFiles(): void {
    this.lasting = true;
  }

  /** Standard output failed: the command is asked to stop, and the process exits with 2. */
  failOutput(error: NodeJS.ErrnoException): void {
    this.outputFailure ??= error;
  }

  get interrupted(): boolean {
    return this.controller.signal.aborted;
  }

  /** Asks the command to stop; false when it has no way to, or was asked before. */
  interrupt(): boolean {
    if (!this.stoppable || this.interrupted) return false;
    this.controller.abort();
    return true;
  }

  /** What the process exits with, where it is another program's exit code: that one has printed its errors. */
  end(code: number): void {
    this.code = code;
  }

  get exitCode(): number {
    if (this.outputFailure) return 2;
    return this.interrupted ? 130 : this.code;
  }

  /** Part of the result, on standard output. On a terminal it is made safe. */
  write(text: string): void {
    this.writeTo(this.streams.stdout, text);
  }

  /** A line of the result, on standard output. */
  print(line: string): void {
    this.write(`${line}\n`);
  }

  /** A line about the work, on standard error; not with --quiet. */
  note(line: string): void {
    if (!this.quiet) this.complain(`${line}\n`);
  }

  /** A line a person should see even with --quiet. */
  warn(line: string): void {
    this.complain(`warning: ${line}\n`);
  }

  /** Text on standard error, whatever the options. */
  complain(text: string): void {
    this.writeTo(this.streams.stderr, text);
  }

  writeTo(stream: Output, text: string): void {
    if (!stream.isTTY) stream.write(text);
    else if (this.divert) this.divert(text, stream);
    else stream.write(terminalText(text));
  }
}
