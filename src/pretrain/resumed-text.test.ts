// The text of a resumed run is the one it was trained on, whatever its name and wherever the command is given.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../events.js';
import { type PretrainOptions, pretrain } from './pretrain.js';

const text = 'one fish two fish red fish blue fish. '.repeat(20);
const values = {
  ...{ nLayer: 1, nHead: 1, nEmbd: 8, blockSize: 8, batchSize: 2, tokenizer: 'char', threads: 1 },
  ...{ maxIters: 2, evalIters: 1, logInterval: 1 },
};
const home = process.cwd();
let folder = '';
let iters = 2;
const at = (name: string) => join(folder, name);
const record = () => JSON.parse(readFileSync(at('run/config.json'), 'utf8'));

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-resumed-text-'));
  process.chdir(folder);
  writeFileSync('a.txt', text);
  writeFileSync('b.txt', text.replaceAll('red', 'old'));
  await collect({ inputs: ['a.txt'], layers: [{ name: 'flag', values }] });
});
afterEach(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function collect(options: Omit<PretrainOptions, 'out'>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of pretrain({ ...options, out: at('run') })) events.push(event);
  return events;
}

/** Two more steps. @returns what was said */
async function resume(inputs: readonly string[] = [], options: Partial<PretrainOptions> = {}): Promise<string[]> {
  iters += 2;
  const layers = [{ name: 'flag', values: { maxIters: iters } }];
  const events = await collect({ inputs, layers, resume: true, ...options });
  return events.flatMap((event) => (event.event === 'notice' ? [event.message] : []));
}

const refused = expect.objectContaining({
  code: 'run/data-changed',
  message: 'the data (b.txt) is not what the run was trained on (a.txt)',
});

test('from another directory nothing has changed, and the record stays as it is', async () => {
  const { inputs, workingDirectory, dataHash } = record();
  for (const elsewhere of ['x', 'y']) {
    mkdirSync(at(elsewhere));
    writeFileSync(at(`${elsewhere}/a.txt`), 'something else of that name');
    process.chdir(at(elsewhere));
    expect(await resume()).toEqual([]);
    expect(record()).toMatchObject({ inputs, workingDirectory, dataHash });
  }
  rmSync(at('run/tokens'), { recursive: true });
  expect(await resume()).toEqual([expect.stringContaining('tokenizing again')]);
});

test('another text is refused, and the run stays resumable', async () => {
  await expect(resume(['b.txt'])).rejects.toEqual(refused);
  expect(await resume()).toEqual([]);
});

test('the same text under another name is the same text', async () => {
  cpSync('a.txt', 'c.txt');
  expect(await resume(['c.txt'])).toEqual([]);
  expect(record().inputs).toEqual(['a.txt']);
});

test('a text of which only the time changed is named as modified, and compared by content when it is given', async () => {
  utimesSync('a.txt', 1, 1);
  expect(await resume()).toEqual([expect.stringMatching(/^a\.txt was modified since the run began/)]);
  expect(await resume(['a.txt'])).toEqual([]);
});

test('where the tokens were deleted, a changed text is refused, and the restored one is taken', async () => {
  rmSync(at('run/tokens'), { recursive: true });
  writeFileSync('a.txt', text.replaceAll('red', 'old'));
  const again = expect.objectContaining({ code: 'run/data-changed' });
  await expect(resume()).rejects.toEqual(again);
  await expect(resume()).rejects.toEqual(again);
  writeFileSync('a.txt', text);
  await resume();
  expect(record().inputs).toEqual(['a.txt']);
});

test('another text that is allowed takes the place of the first', async () => {
  const before = readFileSync(at('run/tokens/tokens.bin'));
  expect(await resume(['b.txt'], { allowChangedData: true })).toEqual([
    'the data (b.txt) is not what the run was trained on (a.txt); the run continues with it as it is now',
  ]);
  expect(readFileSync(at('run/tokens/tokens.bin')).equals(before)).toBe(false);
  expect(record().inputs).toEqual(['b.txt']);
  expect(readFileSync(at('run/log.jsonl'), 'utf8')).toContain('the data (b.txt) is not what the run was trained on');
  expect(await resume()).toEqual([]);
  await expect(resume(['a.txt'])).rejects.toMatchObject({ code: 'run/data-changed' });
});

test('tokens that are not those of the run are made again', async () => {
  const meta = at('run/tokens/meta.json');
  const { dataHash } = record();
  writeFileSync(meta, readFileSync(meta, 'utf8').replace(dataHash, '0'.repeat(64)));
  expect(await resume()).toEqual([
    expect.stringMatching(/^tokenizing again: the tokens in .* are not those of the run/),
  ]);
  expect(JSON.parse(readFileSync(meta, 'utf8')).sha256).toBe(dataHash);
});

test('a validation text is read from where the run began, also when the tokens are gone, and repetitions are reported', async () => {
  writeFileSync('held.txt', `${text}!`);
  const layers = [{ name: 'flag', values: { ...values, validation: 'held.txt' } }];
  const events = await collect({ inputs: ['a.txt'], layers, overwrite: true });
  expect(events).toContainEqual(expect.objectContaining({ tokens: { train: text.length, val: text.length + 2 } }));
  mkdirSync(at('elsewhere'));
  process.chdir(at('elsewhere'));
  expect(await resume()).toEqual([]);
  expect(await resume([at('a.txt')])).toEqual([]);
  rmSync(at('run/tokens'), { recursive: true });
  expect(await resume()).toEqual([expect.stringContaining('tokenizing again')]);
  writeFileSync(at('held.txt'), text);
  const again = await collect({
    inputs: [at('a.txt')],
    layers: [{ name: 'flag', values: { ...values, validation: at('held.txt') } }],
    overwrite: true,
  });
  expect(again).toContainEqual(
    expect.objectContaining({
      message: expect.stringMatching(/a document of the training text is in .*held.txt, too/),
    }),
  );
});
