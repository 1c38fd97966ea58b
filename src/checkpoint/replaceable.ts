// Whether a command may write a checkpoint to a folder that a person names.
import { readdir, stat } from 'node:fs/promises';
import { relative } from 'node:path';
import { GptError } from '../errors.js';
import { weightFiles } from './locate.js';

/**
 * Only a checkpoint is ever replaced: no file, no run and no folder of other things.
 * @param command for the code of the error
 * @throws GptError `<command>/out`, `<command>/exists`
 */
export async function requireReplaceable(
  { out, overwrite = false }: { readonly out: string; readonly overwrite?: boolean },
  command: string,
): Promise<void> {
  if (out === '') throw new GptError(`${command}/out`, 'the name of the folder to write is empty');
  const there = await stat(out).catch(() => undefined);
  if (!there) return;
  const exists = (what: string, hint: string) => new GptError(`${command}/exists`, `${out} is ${what}`, { hint });
  const hint = 'choose another folder';
  if (!overwrite) throw exists('already there', `${hint}, or --overwrite`);
  const names = there.isDirectory() ? await readdir(out) : undefined;
  const checkpoint =
    names?.includes('config.json') && names.some((name) => weightFiles.includes(name)) && !names.includes('log.jsonl');
  if (!checkpoint && names?.length !== 0) throw exists('not a checkpoint folder, so it is not replaced', hint);
  if (relative(out, process.cwd()) === '') throw exists('the current folder, which cannot be replaced', hint);
}
