// Where TensorFlow's C library is.
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export interface Located {
  /** The folder that holds the library. */
  readonly folder: string;
  readonly version?: string;
  /** What led to it, for people. */
  readonly source: string;
}

/** The library that would be used; undefined where there is none. */
export function locateTensorflow(): Located | undefined {
  const folder = process.env['GPT_CLI_TENSORFLOW'];
  if (!folder || !existsSync(join(folder, 'libtensorflow_cc.so.2'))) return undefined;
  return { folder, source: 'GPT_CLI_TENSORFLOW' };
}
