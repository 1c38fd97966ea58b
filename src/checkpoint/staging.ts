// How a new run replaces an old one in the same folder. It is prepared in `.new-run`, next to the old run, which stays as it
// is until `take`. Then `.new-run` becomes `.next-run` (from here on the new run counts), what the old run left is removed,
// `.next-run` becomes `.ready-run`, and its entries move up. If the process dies, `settleStaging` finishes or undoes it.
import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { asideNames, exists, flushFolder, move } from '../files/index.js';

const names = { staging: '.new-run', next: '.next-run', ready: '.ready-run' } as const;

/** What a run folder may hold for a moment besides a run. */
export const stagingNames: readonly string[] = Object.values(names);

/** The folders of a run that are replaced whole: its checkpoints, and the base of an adapter. */
export const checkpointNames: readonly string[] = ['last', 'best', 'stable', 'base'];

/** What belongs to a run, config.json excepted, which is replaced and never absent. Anything else in the folder stays. */
const owned = ['log.jsonl', 'tokens', 'tensorboard', ...checkpointNames, ...checkpointNames.flatMap(asideNames)];

/** Makes an empty `.new-run`. Only for the owner of the folder. */
export async function makeStaging(directory: string): Promise<string> {
  const staging = join(directory, names.staging);
  await mkdir(staging);
  return staging;
}

/** Replaces the old run by what was prepared in `.new-run`. */
export async function take(directory: string): Promise<void> {
  await move(join(directory, names.staging), join(directory, names.next));
  await flushFolder(directory);
  await settleStaging(directory);
}

/** Finishes what a process that died was about to replace, and removes what it only prepared. Only for the owner. */
export async function settleStaging(directory: string): Promise<void> {
  const [staging, next, ready] = [names.staging, names.next, names.ready].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  await rm(staging, { recursive: true, force: true });
  if (await exists(next)) {
    for (const name of owned) await rm(join(directory, name), { recursive: true, force: true });
    await move(next, ready);
  }
  if (!(await exists(ready))) return;
  await moveEntries(ready, directory);
  await flushFolder(directory);
}

/** File by file, since Windows does not rename a folder with an open file in it. */
async function moveEntries(from: string, to: string): Promise<void> {
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (!entry.isDirectory()) {
      await move(source, target);
      continue;
    }
    if (!(await exists(target))) await mkdir(target);
    await moveEntries(source, target);
  }
  await rmdir(from);
}
