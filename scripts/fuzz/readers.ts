// The readers that are fuzzed: each gets a folder and reads what is in it, as a command does. Whatever is wrong with the files
// must come out as a GptError.
import { join } from 'node:path';
import { type Checkpoint, claimRun, openCheckpoint } from '../../src/checkpoint/index.js';
import { loadLayer, resolve } from '../../src/config/index.js';
import { checkData, readLabelled, readTexts } from '../../src/dataset/index.js';
import { GptError } from '../../src/errors.js';
import type { ParameterSpec } from '../../src/model/config.js';
import { adamw } from '../../src/optimizer/adamw/index.js';
import { recordOf } from '../../src/run/record.js';
import { resumedSettings } from '../../src/run/resume.js';
import { loadTokenizer } from '../../src/tokenizer/index.js';

/** Reads the file or folder at `path`, which was mutated. */
type Reader = (path: string) => Promise<void>;

const table: Reader = async (path) => {
  await Promise.allSettled([readLabelled(path)]).then(rethrow);
  await checkData(path, {});
};

const text: Reader = async (path) => {
  for await (const _ of readTexts([path]));
};

const tokenizer: Reader = async (path) => {
  const loaded = await loadTokenizer(path);
  const ids = loaded.encode('Hello wörld 12 <|endoftext|>\n\t 喜', { special: true });
  loaded.decode(ids, { special: true });
  loaded.toJSON();
};

const checkpoint: Reader = async (path) => {
  const opened = await openCheckpoint(path);
  try {
    for (const { name } of opened.specs) await opened.read(name);
    if (opened.optimizer) await opened.readSlots(emptyState(opened.specs));
    (await opened.loadTokenizer()).encode('Hello');
  } finally {
    await opened.close();
  }
};

/** Takes the optimizer's slots and keeps nothing. */
function emptyState(specs: readonly ParameterSpec[]): Parameters<Checkpoint['readSlots']>[0] {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const slots = (name: string) => adamw.ruleFor(byName.get(name)!).slots(byName.get(name)!);
  return { specs, optimizer: adamw, slots, write: async () => {} };
}

const run: Reader = async (path) => {
  const claimed = await claimRun(path, { resume: true });
  try {
    resumedSettings('pretrain', recordOf(claimed, 'pretrain'), path, [], 1);
    if (claimed.checkpoint !== undefined) await checkpoint(claimed.checkpoint);
  } finally {
    claimed.release();
  }
};

const preset: Reader = async (path) => {
  resolve('pretrain', [loadLayer(path)]);
};

export const readers: Readonly<Record<string, Reader>> = { table, text, tokenizer, checkpoint, run, preset };

/** A second reader must see the file too: the first one's GptErrors are let through. */
function rethrow([result]: PromiseSettledResult<unknown>[]): void {
  if (result?.status === 'rejected' && !(result.reason instanceof GptError)) throw result.reason;
}

/** One request a message: reads and answers with what happened. */
process.on('message', async ({ reader, path }: { reader: string; path: string }) => {
  try {
    await readers[reader]!(join(path));
    process.send!({ outcome: 'read', bytes: process.resourceUsage().maxRSS * 1024 });
  } catch (error) {
    const known = error instanceof GptError;
    process.send!({
      outcome: known ? 'refused' : 'bug',
      bytes: process.resourceUsage().maxRSS * 1024,
      detail: known ? error.code : ((error as Error)?.stack ?? String(error)),
    });
  }
});
