// --dump-graph, --profile, the check of memory and inspect --estimate as they are typed.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { libraryNames } from '../engine/openvino/names.js';
import { raceKey } from '../session/race/record.js';
import { typed } from './fixtures.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-inspection-'));
  writeFileSync(at('book.txt'), 'The quick brown fox jumps over the lazy dog. '.repeat(300));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const shape = '--n-layer 1 --n-head 2 --n-embd 16 --block-size 16 --tokenizer byte --batch-size 2 --threads 1';
const train = (more: string, out = 'run') =>
  typed(`pretrain ${at('book.txt')} -o ${at(out)} --overwrite ${shape} --max-iters 2 --eval-iters 1 ${more}`);

test('--dump-graph writes the graph that is trained, and training continues', async () => {
  const { code, out } = await train(`--dump-graph ${at('graph.txt')} --json`);
  expect(code).toBe(0);
  expect(out).toContain('"event":"done"');
  const text = readFileSync(at('graph.txt'), 'utf8');
  expect(text).toMatch(/^graph loss 2x16: \d+ nodes/);
  expect(text).toMatch(/ {2}input %\d+:f32\[257,16\] wte\.weight\n/);
  expect(text).toMatch(/CausalAttentionGrad\(.*heads=2/);
  expect(text).toMatch(/ {2}output grad:h\.0\.mlp\.c_fc\.weight = %\d+\n/);
  expect(text).not.toContain('evaluation');
});

test('a graph file that cannot be written is an error before training', async () => {
  const { code, err } = await train(`--dump-graph ${at('nowhere/graph.txt')}`, 'refused');
  expect({ code, err }).toEqual({ code: 2, err: expect.stringMatching(/error: cannot write .*nowhere\/graph\.txt/) });
  expect(existsSync(at('refused/config.json'))).toBe(false);
});

test('--profile writes a profile for every program', async () => {
  const { code } = await train(`--profile ${at('times')} --quiet`);
  expect(code).toBe(0);
  const names = readdirSync(folder).filter((name) => name.startsWith('times-'));
  expect(names.map((name) => name.split('_')[0])).toEqual(['times-evaluation-2x16', 'times-loss-2x16']);
  const events = JSON.parse(readFileSync(at(names[1]!), 'utf8')) as { name: string }[];
  expect(events.filter(({ name }) => name === 'model_run')).toHaveLength(2);
});

test('a profile that could not be written is an error before anything is read', async () => {
  for (const [prefix, reason] of [
    [at('nowhere/times'), 'there is no such folder'],
    [at('nowhere/'), 'there is no such folder'],
    [at('book.txt/times'), 'it is not a writable folder'],
  ]) {
    const { code, out, err } = await train(`--profile ${prefix} --json`, 'unprofiled');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toMatch(/^error: cannot write profiles to .*: /);
    expect(err).toContain(reason);
  }
  expect(existsSync(at('unprofiled'))).toBe(false);
});

test('eager says that there is neither graph nor profile', async () => {
  const { code, err } = await train(`--backend eager --dump-graph ${at('none.txt')} --profile ${at('none')} --quiet`);
  expect(code).toBe(0);
  expect(err).toContain('warning: backend eager compiles nothing, so there is no graph to write\n');
  expect(err).toContain('warning: backend eager compiles nothing, so there is no profile\n');
  expect(readdirSync(folder).filter((name) => name.startsWith('none'))).toEqual([]);
});

/** Refused for lack of memory, so only where there is not that much. */
const testRefusal = totalmem() < 300e9 ? test : test.skip;

testRefusal('a model that the memory cannot hold is refused before it begins, with advice', async () => {
  const { code, err } = await train('--n-embd 8192 --n-layer 24', 'huge');
  expect(code).toBe(2);
  expect(err).toMatch(/error: the run needs about \d+\.\d GB of memory, .* available \(not even .*--no-memory-check/);
  expect(existsSync(at('huge/config.json'))).toBe(false);
});

testRefusal('a batch that the memory cannot hold is refused with one that fits', async () => {
  const { code, err } = await train('--batch-size 65536 --block-size 1024 --n-head 16', 'wide');
  expect(code).toBe(2);
  expect(err).toMatch(/error: the run needs about .* \(--batch-size \d+ --grad-accum \d+ [^;]*;/);
});

test('inspect --estimate gives memory by part, arithmetic and time for a preset', async () => {
  const { code, out } = await typed('inspect char-tiny --estimate');
  expect(code).toBe(0);
  expect(out).toContain('813,824 parameters, 768 tokens per step (12 x 64)');
  expect(out).toMatch(/ {2}activations +\d+ MB\n/);
  expect(out).toMatch(/\n3\.98 GFLOP of matrix products[^\n]*\nat best about [\d.]+ m?s [^\n]*\d+ threads?/);
});

test('inspect --estimate of a run takes its model and its batch', async () => {
  await train('--grad-accum 3 --quiet', 'accumulated');
  const { out } = await typed(`inspect ${at('accumulated')} --estimate --json`);
  expect(JSON.parse(out)).toMatchObject({ parameters: 7680, tokensPerStep: 3 * 2 * 16, assumed: [] });
});

const onLinux = process.platform === 'linux' && process.arch === 'x64' ? test : test.skip;

onLinux('inspect --estimate is for the engine that --backend auto of a new run would be', async () => {
  const before = { ...process.env };
  Object.assign(process.env, { GPT_CLI_CACHE: at('cache'), GPT_CLI_OPENVINO: at('libs'), GPT_CLI_RACE: '' });
  try {
    mkdirSync(at('libs'));
    mkdirSync(at('cache'));
    writeFileSync(at(`libs/${libraryNames('linux', 'x64')![0]}`), '');
    const estimated = async (what: string) => JSON.parse((await typed(`inspect ${what} --estimate --json`)).out);
    expect(await estimated('char-tiny')).toMatchObject({ engine: 'onnx' });
    const steps = ['onnx', 'openvino'].map((backend, i) => ({ backend, precision: 'f32', ms: 30 - 10 * i }));
    const bf16 = { backend: 'openvino', precision: 'bf16', ms: 10 };
    const race = { date: '2026-11-30T00:00:00Z', steps: [...steps, bf16] };
    writeFileSync(at('cache/races.json'), JSON.stringify({ [raceKey()!]: race }));
    const reason = expect.stringMatching(/^backend auto is openvino: .*\(measured 2026-11-30\)$/);
    for (const what of ['char-tiny', 'char-tiny --backend auto'])
      expect(await estimated(what)).toMatchObject({ engine: 'openvino', assumed: [expect.anything(), reason] });
    expect(await estimated('char-tiny --backend onnx')).toMatchObject({ engine: 'onnx' });
    expect(await estimated(at('accumulated'))).toMatchObject({ engine: 'onnx', assumed: [] });
  } finally {
    process.env = before;
  }
});
