// For tests: streams that remember what was written, and a terminal that is none.
import { PassThrough, Readable } from 'node:stream';
import type { CommandEntry } from './commands.js';
import { Context, type GlobalOptions, type Output, type Streams } from './context.js';
import { run } from './main.js';

export interface Recording {
  readonly streams: Streams;
  out(): string;
  err(): string;
}

function recorder(isTTY: boolean, columns: number): { stream: Output; text: () => string } {
  const stream = new PassThrough();
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return { stream: Object.assign(stream, { isTTY, columns }), text: () => text };
}

export function record(
  options: { tty?: boolean; stdin?: string; env?: Record<string, string>; columns?: number } = {},
): Recording {
  const { tty = false, stdin = '', env = {}, columns = 100 } = options;
  const out = recorder(tty, columns);
  const err = recorder(tty, columns);
  const streams = { stdin: Readable.from([stdin]) as Streams['stdin'], stdout: out.stream, stderr: err.stream, env };
  return { streams, out: out.text, err: err.text };
}

export function contextOf({ streams }: Recording, options: GlobalOptions = {}): Context {
  return new Context(streams, [], () => options);
}

/** Runs a command line, words between spaces; text in double quotes is one word. */
export async function typed(
  line: string,
  options: Parameters<typeof record>[0] & {
    commands?: readonly CommandEntry[];
    watch?: (context: Context) => void;
  } = {},
): Promise<{ code: number; out: string; err: string }> {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
  const recording = record(options);
  const { commands, watch } = options;
  const code = await run(words, recording.streams, { ...(commands && { commands }), ...(watch && { watch }) });
  return { code, out: recording.out(), err: recording.err() };
}
