// Finds and loads tfjs-node-gpu or tfjs-node where a person has installed one with its binary. Both bring TensorFlow as the
// tfjs backend `tensorflow`; tfjs-core's engine is global, so ours and theirs share it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GptError } from '../../errors.js';
import * as tf from '../../tf.js';

export interface NativePackage {
  readonly name: string;
  readonly version: string;
  readonly folder: string;
}

const names = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

const places = () => [ownPackage(), join(process.cwd(), 'package.json')];

/** The package beside this program or in the project that one is in; undefined without its compiled binding. */
export function findNative(from: readonly string[] = places()): NativePackage | undefined {
  return installedNative(from).find(({ folder }) => hasBinding(folder));
}

/** What is installed there, compiled or not; what would be used first is first. */
export function installedNative(from: readonly string[] = places()): NativePackage[] {
  return names.flatMap((name) => from.flatMap((place) => resolvePackage(name, place) ?? []));
}

function ownPackage(): string {
  return require.resolve('gpt-cli/package.json');
}

function resolvePackage(name: string, place: string): NativePackage | undefined {
  try {
    const manifest = createRequire(place).resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    return { name, version, folder: dirname(manifest) };
  } catch {
    return undefined;
  }
}

/** Whether it has been compiled. */
export function hasBinding(folder: string): boolean {
  const lib = join(folder, 'lib');
  return existsSync(lib) && readdirSync(lib).some((name) => existsSync(join(lib, name, 'tfjs_binding.node')));
}

/**
 * Loads the package; its backend is registered as `tensorflow` then.
 * @returns whether it computes on a GPU
 * @throws GptError `eager/device` if it cannot be loaded
 */
export function loadNative({ name, folder }: NativePackage): { gpu: boolean } {
  supplyUtil();
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '3';
  const before = tf.engine().backendName;
  try {
    createRequire(join(folder, 'package.json'))(folder);
    const backend = tf.findBackend('tensorflow') as { isUsingGpuDevice?: boolean } | null;
    if (!backend) throw new Error('it registers no backend with this tfjs');
    return { gpu: backend.isUsingGpuDevice === true };
  } catch (cause) {
    const [reason] = String((cause as Error).message).split('\n');
    throw new GptError('eager/device', `${name} in ${folder} cannot be loaded: ${reason}`, {
      hint: '--device cpu runs without it',
      cause,
    });
  } finally {
    if (before) tf.setBackend(before).catch(() => undefined);
  }
}

/** tfjs-node uses two functions of Node's util that are gone in Node 23. */
function supplyUtil(): void {
  const util = require('node:util') as Record<string, unknown>;
  util['isNullOrUndefined'] ??= (value: unknown) => value === null || value === undefined;
  util['isArray'] = Array.isArray; // there, but Node 22 and later warn of it
}
