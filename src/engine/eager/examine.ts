// Whether tfjs-node can be used here, for `doctor`. It is tried in a process of its own: it brings a TensorFlow, and what
// does not fit this Node may crash.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { hasBinding, installedNative, type NativePackage } from './native.js';

export interface PackageReport {
  readonly name: string;
  readonly available: boolean;
  /** What was found, or why it is of no use. */
  readonly detail: string;
  /** What helps. */
  readonly fix?: string;
}

const name = 'tfjs-node';
const guide = 'docs/tensorflow.md says how it is compiled; optional';

/** @param from package.json of the projects that are searched */
export async function examineNative(from?: readonly string[]): Promise<PackageReport> {
  const installed = installedNative(from);
  if (installed.length === 0) return { name, available: false, detail: 'not installed', fix: guide };
  const compiled = installed.find(({ folder }) => hasBinding(folder));
  if (!compiled) {
    const [{ name: found, version, folder }] = installed as [NativePackage];
    return { name, available: false, detail: `${found} ${version} in ${folder} has no binary`, fix: guide };
  }
  const what = `${compiled.name} ${compiled.version} in ${compiled.folder}`;
  try {
    const gpu = await load(compiled.folder);
    return { name, available: true, detail: `${what}, ${gpu ? 'on a GPU' : 'no GPU'}: --backend eager runs on it` };
  } catch (error) {
    const fix = '--device cpu runs without it; compile it again for this Node, or remove it';
    return { name, available: false, detail: `${what} cannot be loaded: ${reasonOf(error)}`, fix };
  }
}

/** As `loadNative` does, elsewhere. */
const program = `
const util = require('node:util');
util.isNullOrUndefined ??= (value) => value === null || value === undefined;
util.isArray = Array.isArray;
const tf = require(process.argv[1]);
const backend = tf.findBackend('tensorflow');
if (!backend) throw new Error('it registers no backend');
process.stdout.write('gpu ' + (backend.isUsingGpuDevice === true));
`;

/** @returns whether it computes on a GPU */
async function load(folder: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program, folder], {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' },
    timeout: 120_000,
  });
  return stdout.includes('gpu true');
}

/** The line of an uncaught error that says what it was. */
function reasonOf(error: unknown): string {
  const { stderr = '', message, signal } = error as Error & { stderr?: string; signal?: string };
  const line = stderr.split('\n').find((each) => /^\w*Error\b.*: /.test(each));
  return line ?? (signal ? `it was ended by ${signal}` : message.split('\n')[0]!);
}
