// What a race of the engines found, kept in the user's cache folder: one file, an entry for each machine and version.
import { mkdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { programVersion } from '../../config/index.js';
import { cacheFolder, defaultThreads, locateOpenvino, type Precision } from '../../engine/index.js';
import { replaceFile } from '../../files/index.js';

/** An engine that takes part. */
export interface Contestant {
  readonly backend: 'onnx' | 'openvino';
  readonly precision: Precision;
}

export interface Race {
  /** ISO date and time. */
  readonly date: string;
  /** Median milliseconds of a training step; without those that failed. */
  readonly steps: readonly (Contestant & { readonly ms: number })[];
  /** Why there is nothing to compare: what ended the process that raced. */
  readonly failed?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** What a result is true of: this processor, these libraries. Undefined where OpenVINO is not set up. */
export function raceKey(env: Environment = process.env): string | undefined {
  const located = locateOpenvino(env);
  if (!located) return undefined;
  const { platform, arch } = process;
  const processor = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${defaultThreads()} threads, ${platform} ${arch}`;
  return `${processor}; gpt-cli ${programVersion()}, OpenVINO ${located.version ?? located.folder}`;
}

const file = (env: Environment) => join(cacheFolder(env), 'races.json');

/** The race that was run on this machine with these versions, if one was. */
export function recordedRace(env: Environment = process.env): Race | undefined {
  const key = raceKey(env);
  const race = key === undefined ? undefined : all(env)[key];
  return isRace(race) ? race : undefined;
}

/** Keeps a race. A cache that cannot be written to is no error: the next run races again. */
export async function recordRace(key: string, race: Race, env: Environment = process.env): Promise<void> {
  try {
    mkdirSync(dirname(file(env)), { recursive: true });
    await replaceFile(file(env), `${JSON.stringify({ ...all(env), [key]: race }, null, 2)}\n`);
  } catch {
    // Read-only, or full.
  }
}

function all(env: Environment): Record<string, unknown> {
  try {
    const content: unknown = JSON.parse(readFileSync(file(env), 'utf8'));
    return typeof content === 'object' && content !== null ? { ...content } : {};
  } catch {
    return {}; // none yet, or damaged
  }
}

function isRace(value: unknown): value is Race {
  if (typeof value !== 'object' || value === null) return false;
  const { date, steps, failed = '' } = value as Partial<Record<keyof Race, unknown>>;
  if (typeof date !== 'string' || typeof failed !== 'string' || !Array.isArray(steps)) return false;
  return steps.every(
    (step) =>
      /^(onnx|openvino)$/.test(step?.backend) &&
      /^(f32|bf16)$/.test(step.precision) &&
      Number.isFinite(step.ms) &&
      step.ms > 0,
  );
}
