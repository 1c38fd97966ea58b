// What a command gets from the program: where to write, how, and when to stop. Tests hand in streams of their own.
import type { Readable } from 'node:stream';

/** An output that may be a terminal. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

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
  private heeded = false;
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

  /** Aborted by the first Ctrl-C or SIGTERM. A command that never asks for it ends at once. */
  get signal(): AbortSignal {
    this.heeded = true;
    return this.controller.signal;
  }

  get interrupted(): boolean {
    return this.controller.signal.aborted;
  }

  /** Asks the command to stop; false when it has no way to, or was asked before. */
  interrupt(): boolean {
    if (!this.heeded || this.interrupted) return false;
    this.controller.abort();
    return true;
  }

  /** What the process exits with, where another program said it: it has told its errors. */
  end(code: number): void {
    this.code = code;
  }

  get exitCode(): number {
    return this.interrupted ? 130 : this.code;
  }

  /** A line of the result, on standard output. */
  print(line: string): void {
    this.streams.stdout.write(`${line}\n`);
  }

  /** A line about the work, on standard error; not with --quiet. */
  note(line: string): void {
    if (!this.quiet) this.streams.stderr.write(`${line}\n`);
  }

  /** A line a person should see even with --quiet. */
  warn(line: string): void {
    this.streams.stderr.write(`warning: ${line}\n`);
  }
}
