// Starts the workers of a plan as processes, shows what they write, and ends them together.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { LaunchPlan } from '../../cluster/launch-plan.js';
import { packageRoot } from '../../config/files.js';
import { launchedVariable } from './launched.js';
import { prefixed } from './prefixed-lines.js';

/**
 * Milliseconds in which the others end by themselves when one has failed: they find out and say so. Then they are asked
 * to (one that still waits for others to come has no other way to know), in the end made to.
 */
const [asked, made] = [20_000, 60_000];

export interface LaunchStreams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** Aborted by the first Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * Runs all workers to their end. Worker 0's standard output goes through as it is, so that --json stays JSON; everything
 * else has the worker's name before each line.
 * @returns the exit code: that of the first worker that failed, else 0
 */
export async function runWorkers({ environments, argv }: LaunchPlan, streams: LaunchStreams): Promise<number> {
  const program = join(packageRoot(), 'bin', 'gpt-cli.js');
  const children = environments.map((variables, rank) => {
    const child = spawn(process.execPath, [...process.execArgv, program, ...argv], {
      // Worker 0 may read the text from our standard input; the channel closes when this process is gone.
      stdio: [rank === 0 ? 'inherit' : 'ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, ...variables, [launchedVariable]: '1' },
      detached: true, // a terminal's Ctrl-C reaches us alone, and we pass it on once
    });
    show(child, rank, streams);
    return child;
  });
  const stop = (name: NodeJS.Signals) => {
    for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill(name);
  };
  const interrupt = () => stop('SIGINT');
  if (streams.signal.aborted) interrupt();
  streams.signal.addEventListener('abort', interrupt);
  const lastResort = () => stop('SIGKILL');
  process.once('exit', lastResort);
  let failed: number | undefined;
  const timers: NodeJS.Timeout[] = [];
  await Promise.all(
    children.map(async (child) => {
      const code = await exitOf(child);
      if (code === 0 || failed !== undefined) return;
      failed = code;
      timers.push(
        setTimeout(() => stop('SIGTERM'), asked),
        setTimeout(() => stop('SIGKILL'), made),
      );
    }),
  );
  for (const timer of timers) clearTimeout(timer);
  process.off('exit', lastResort);
  streams.signal.removeEventListener('abort', interrupt);
  return failed ?? 0;
}

function show(child: ChildProcess, rank: number, { out, err }: LaunchStreams): void {
  const name = `[${rank}] `;
  const errors = prefixed(name, err);
  child.stderr!.setEncoding('utf8').on('data', errors.add).on('end', errors.end);
  if (rank === 0) child.stdout!.setEncoding('utf8').on('data', out);
  else {
    const lines = prefixed(name, err);
    child.stdout!.setEncoding('utf8').on('data', lines.add).on('end', lines.end);
  }
}

/** 128 and the signal's number for one that was killed, as a shell says it. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code, name) => resolve(code ?? (name === 'SIGKILL' ? 137 : 143)));
  });
}

/** Ports of the loopback that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
