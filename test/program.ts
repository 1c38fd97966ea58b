// Runs the built program as a person would: arguments in, exit code and output out.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const program = join(__dirname, '..', 'bin', 'gpt-cli.js');

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Result>;
}

/** Starts the program; `ended` resolves when it is gone, however it went. */
export function start(args: readonly string[], options: { stdin?: string; cwd?: string } = {}): Running {
  const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' };
  const child = spawn(process.execPath, [program, ...args], { env, ...(options.cwd && { cwd: options.cwd }) });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {}); // a program that refuses its arguments does not read
  child.stdin.end(options.stdin ?? '');
  const ended = new Promise<Result>((resolve) => {
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended };
}

export function run(args: readonly string[], options: { stdin?: string; cwd?: string } = {}): Promise<Result> {
  return start(args, options).ended;
}

/** The events of a run with --json. */
export function events({ stdout }: Result): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}

/** A folder of its own for a test file, removed at the end. */
export function workspace(): {
  path: (name: string) => string;
  write: (name: string, content: string | Uint8Array) => string;
} {
  const directory = mkdtempSync(join(tmpdir(), 'gpt-cli-test-'));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const path = (name: string) => join(directory, name);
  return {
    path,
    write: (name, content) => {
      writeFileSync(path(name), content);
      return path(name);
    },
  };
}

/** Some text with structure to learn: `sentences` sentences of a few words, the same for the same count. */
export function someText(sentences: number): string {
  const names = ['Ada', 'Ben', 'Cleo', 'Dan'];
  const verbs = ['sees', 'likes', 'finds', 'hides'];
  const things = ['the red ball', 'a small boat', 'the old key', 'a green leaf'];
  const pick = <T>(list: readonly T[], n: number) => list[n % list.length]!;
  let text = '';
  for (let i = 0; i < sentences; i++) {
    const n = Math.imul(i + 1, 2654435761) >>> 8;
    text += `${pick(names, n)} ${pick(verbs, n >> 3)} ${pick(things, n >> 6)}.\n`;
  }
  return text;
}

/** What log.jsonl of a run says of steps and evaluations, without what depends on the clock. */
export const story = (out: string) =>
  readFileSync(join(out, 'log.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter(({ event }) => event === 'step' || event === 'eval')
    .map(({ event, iter, loss, gradNorm, valLoss, accuracy }) => ({ event, iter, loss, gradNorm, valLoss, accuracy }));
