// The version of this program.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './files.js';

export function programVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
}
