// What an install says of itself, in `installed.json`: written last, so a folder that has it is whole.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installsIn } from './cache.js';

export interface InstallRecord {
  readonly version: string;
  readonly variant: 'cpu' | 'gpu' | 'local';
  /** `process.platform-process.arch` */
  readonly platform: string;
  /** SHA-256 of each wheel by its name; none if it came from a folder of libraries. */
  readonly wheels: Readonly<Record<string, string>>;
  /** Bytes by path. */
  readonly files: Readonly<Record<string, number>>;
  readonly installed: string;
}

export interface Install {
  readonly folder: string;
  readonly record: InstallRecord;
}

const recordName = 'installed.json';

export function writeRecord(folder: string, record: InstallRecord): void {
  writeFileSync(join(folder, recordName), `${JSON.stringify(record, null, 2)}\n`, { flush: true });
}

/** The record of an install whose files are all there in their sizes; undefined if anything is amiss. */
export function readRecord(folder: string): InstallRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(join(folder, recordName), 'utf8')) as InstallRecord;
    const whole = Object.entries(record.files).every(([path, size]) => statSync(join(folder, path)).size === size);
    return whole ? record : undefined;
  } catch {
    return undefined;
  }
}

/** The newest whole install for this platform. */
export function currentInstall(root: string): Install | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const installs: Install[] = [];
  for (const name of installsIn(root)) {
    const record = readRecord(join(root, name));
    if (record?.platform === platform) installs.push({ folder: join(root, name), record });
  }
  return installs.sort((a, b) => (a.record.installed < b.record.installed ? 1 : -1))[0];
}
