// For tests: a small wheel with pins of its own, a Python on the PATH whose pip copies that wheel, and a probe that reads
// the version out of the pretended library. No network and no TensorFlow.
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { tensorflowLibrary } from '../../tensorflow/description.js';
import type { Machine } from '../description.js';
import type { Pins, Wheel } from '../pins.js';
import type { Probe } from '../probe.js';
import { isKept } from '../wheel.js';

export const machine: Machine = { platform: process.platform, arch: process.arch, glibc: '2.36' };

const [main, framework] =
  process.platform === 'darwin'
    ? ['libtensorflow_cc.2.dylib', 'libtensorflow_framework.2.dylib']
    : ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];

/** Reads what `wheelFiles` wrote. */
export const probe: Probe = async (folder) => readFileSync(join(folder, main), 'utf8').split('\n')[0]!;

export function wheelFiles(version: string, extra: Record<string, string> = {}): Record<string, string> {
  return {
    [`tensorflow/${main}`]: `${version}\n${'code '.repeat(40_000)}`,
    [`tensorflow/${framework}`]: 'more code',
    'tensorflow/THIRD_PARTY_NOTICES.txt': 'licences',
    'tensorflow/include/tensorflow/c/c_api.h': '// header',
    'tensorflow/include/tensorflow/core/graph.h': '// not kept',
    'tensorflow/python/module.py': 'import this',
    ...extra,
  };
}

/** A zip file without compression, written by its specification (APPNOTE.TXT 4.3). */
export function zip(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const data = Buffer.from(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0); // version needed
    common.writeUInt32LE(crc(data), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const entry = Buffer.alloc(14);
    entry.writeUInt32LE((0o644 << 16) >>> 0, 6);
    entry.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, entry, name);
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, name, data);
    offset += 30 + name.length + data.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** Node 20 has no crc32 of its own before 20.15. */
function crc(data: Buffer): number {
  if (typeof crc32 === 'function') return crc32(data);
  let value = ~0;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  }
  return ~value >>> 0;
}

/** Writes a wheel; its pin. */
export function writeWheel(path: string, files: Readonly<Record<string, string>>, library = tensorflowLibrary): Wheel {
  const bytes = zip(files);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  const kept = Object.entries(files).reduce((sum, [name, text]) => sum + (isKept(library, name) ? text.length : 0), 0);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { file: path.slice(dirname(path).length + 1), sha256, bytes: bytes.length, kept };
}

export function pinsOf(version: string, cpu: readonly Wheel[], gpu: readonly Wheel[] = []): Pins {
  const platform = `${machine.platform}-${machine.arch}`;
  return {
    cpu: { [platform]: { version, wheels: cpu } },
    gpu: gpu.length > 0 ? { [platform]: { version, wheels: gpu } } : {},
  };
}

export const wheelName = (version: string, name = 'tensorflow_cpu') =>
  `${name}-${version}-cp311-cp311-manylinux_2_27_x86_64.whl`;

export interface Pip {
  /** Folder of the wheels that it serves. */
  readonly index: string;
  /** What it does instead of serving. */
  readonly says?: string;
  /** Milliseconds that it takes to copy a wheel, half of it at a time. */
  readonly delay?: number;
}

/**
 * Writes a `python3` that answers our questions and downloads out of a folder, checking the hash as pip does.
 * @returns the environment in which it is found
 */
export function pretendPython(folder: string, pip: Pip | undefined): Record<string, string | undefined> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'pip.json'), JSON.stringify(pip ?? null));
  const script = join(folder, 'python3');
  writeFileSync(
    script,
    readFileSync(join(__dirname, 'python3.cjs'), 'utf8').replace('#!node', `#!${process.execPath}`),
  );
  chmodSync(script, 0o755);
  return { ...process.env, PATH: folder + delimiter, GPT_CLI_TENSORFLOW: undefined };
}
