// Whether a folder may be written where a person asked for it.
import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { GptError } from '../errors.js';
import { exists } from '../files/index.js';
import { weightFiles } from './locate.js';

export interface Target {
  /** The folder to write. */
  readonly out: string;
  /** Replace the folder if it is there. Default: that is an error. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Only a checkpoint, or what was exported from one, is ever replaced: no file, no run and no folder of other things.
 * @param area of the error's code
 * @param source a folder that is being read
 * @throws GptError `<area>/out`, `<area>/exists`
 */
export async function requireReplaceable(
  area: 'import' | 'export' | 'quantize',
  { out, overwrite = false }: Target,
  source?: string,
): Promise<void> {
  if (out === '' || out === '-') {
    const what = out === '' ? 'the name of the folder to write is empty' : 'a folder is not written to standard output';
    throw new GptError(`${area}/out`, what, { hint: 'name a folder with -o' });
  }
  const there = await stat(out).catch(() => undefined);
  if (!there) return;
  const refuse = (what: string, hint = 'choose another folder') =>
    new GptError(`${area}/exists`, `${out} is ${what}`, { hint });
  if (!overwrite) throw refuse('already there', 'choose another folder, or --overwrite');
  const names = there.isDirectory() ? await readdir(out) : undefined;
  const weights = [...weightFiles, 'onnx'].some((name) => names?.includes(name));
  const checkpoint = names?.includes('config.json') && weights && !names.includes('log.jsonl');
  if (!checkpoint && names?.length !== 0) throw refuse('not a checkpoint folder, so it is not replaced');
  if (await exists(join(dirname(resolve(out)), 'log.jsonl'))) throw refuse('a part of a run, which is not replaced');
  if (relative(out, process.cwd()) === '') throw refuse('the current folder, which cannot be replaced');
  if (source !== undefined && (await realpath(out)) === (await realpath(source)))
    throw refuse('the folder that is exported');
}
