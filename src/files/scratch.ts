// A temporary folder that is gone when the process is, unless it is killed.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onExit } from './on-exit.js';

export interface ScratchFolder {
  readonly path: string;
  remove(): void;
}

/** @param prefix of its name */
export function scratchFolder(prefix: string): ScratchFolder {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const clean = () => rmSync(path, { recursive: true, force: true });
  const keep = onExit(clean);
  return {
    path,
    remove: () => {
      keep();
      clean();
    },
  };
}
