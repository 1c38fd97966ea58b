// Which engine trains faster on this machine: a short race in a process of its own, run once, and what follows from it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { packageRoot } from '../../config/index.js';
import { bf16Unit, choosePrecision, defaultThreads } from '../../engine/index.js';
import { type Contestant, type Race, raceKey, recordedRace, recordRace } from './record.js';

type Environment = Readonly<Record<string, string | undefined>>;

export interface RaceOptions {
  readonly env?: Environment;
  readonly signal?: AbortSignal | undefined;
  /** The program that races; for tests. */
  readonly program?: string;
  /** Race although there is a record. */
  readonly again?: boolean;
}

/** Seconds of measured steps; a process that has not finished after `limit` has failed. */
const seconds = 1.5;
const limit = 120;
/** Of a terminal they reach the child, too. */
const interrupts: ReadonlySet<string> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']);

/**
 * The result for this machine, from the record or from a race now, which takes about three seconds. Undefined where OpenVINO is
 * not set up, when nothing is started, and where the race was interrupted.
 */
export async function raceOnce(options: RaceOptions = {}): Promise<Race | undefined> {
  const { env = process.env, again = false } = options;
  const key = raceKey(env);
  if (key === undefined) return undefined;
  const known = again ? undefined : recordedRace(env);
  if (known) return known;
  const race = await raceNow(options);
  if (race) await recordRace(key, race, env);
  return race;
}

async function raceNow({ env = process.env, signal, program = join(packageRoot(), 'dist', 'race.js') }: RaceOptions) {
  const contestants: Contestant[] = [
    { backend: 'onnx', precision: 'f32' },
    { backend: 'openvino', precision: 'f32' },
    ...(bf16Unit() === 'none' ? [] : [{ backend: 'openvino', precision: 'bf16' } as const]),
  ];
  const args = [contestants, defaultThreads(), seconds].map((value) => JSON.stringify(value));
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 1000 * limit,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const end = await new Promise<string | number | null>((resolve, reject) => {
    child.on('error', (error) => (signal?.aborted ? resolve('SIGTERM') : reject(error)));
    child.on('close', (status, killed) => resolve(killed ?? status));
  });
  if (signal?.aborted || interrupts.has(String(end))) return undefined;
  const date = new Date().toISOString();
  const times = end === 0 ? medians(output, contestants.length) : undefined;
  if (!times) return { date, steps: [], failed: failure(end, errors) } satisfies Race;
  return { date, steps: contestants.map((contestant, i) => ({ ...contestant, ms: times[i]! })) } satisfies Race;
}

function medians(output: string, count: number): number[] | undefined {
  try {
    const times = JSON.parse(output) as unknown;
    const valid = Array.isArray(times) && times.length === count && times.every((ms) => ms > 0);
    return valid ? times.map((ms) => Number(Number(ms).toPrecision(4))) : undefined;
  } catch {
    return undefined;
  }
}

function failure(end: string | number | null, errors: string): string {
  if (end === 'SIGKILL') return `the process that measured was killed, or took longer than ${limit} seconds`;
  const reason = /Error: (.*)/.exec(errors)?.[1] ?? `ended with ${end}`;
  return end === 0 ? 'the process that measured wrote no times' : `the process that measured failed: ${reason}`;
}

/** Faster by less than this is noise. */
const margin = 1.03;

export interface Verdict {
  readonly backend: 'onnx' | 'openvino';
  /** One line. */
  readonly reason: string;
}

/** @param asked the precision that a person asked for */
export function verdict(race: Race, asked: 'auto' | 'f32' = 'auto'): Verdict {
  const { steps, failed, date } = race;
  const precision = choosePrecision(asked);
  const time = (backend: string, format: string) =>
    steps.find((step) => step.backend === backend && step.precision === format)?.ms;
  const [onnx, openvino] = [time('onnx', 'f32'), time('openvino', precision)];
  if (onnx === undefined || openvino === undefined)
    return {
      backend: 'onnx',
      reason: `backend auto is onnx: OpenVINO is set up, but ${failed ?? 'was not measured'} (gpt-cli doctor --race measures again)`,
    };
  const ratio = onnx / openvino;
  const backend = ratio >= margin ? 'openvino' : 'onnx';
  const format = precision === 'bf16' ? 'openvino in bf16 (the processor has amx_bf16)' : 'openvino';
  const times = `${openvino.toPrecision(3)} ms per step of a small model, onnx ${onnx.toPrecision(3)} ms`;
  return { backend, reason: `backend auto is ${backend}: ${format} took ${times} (measured ${date.slice(0, 10)})` };
}

/** The verdict with all times. */
export function describeRace(race: Race): string {
  const times = race.steps.map(({ backend, precision, ms }) => `${backend} ${precision} ${ms} ms`).join(', ');
  return `${verdict(race).reason}${times && `; all: ${times}`}`;
}
