import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../cli/fixtures.js';
import { errorOf } from '../dataset/fixtures.js';
import { pretrain } from '../pretrain/pretrain.js';
import { inspectWeights, type WeightsEvent, type WeightsOptions } from './weights.js';

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

async function train(name: string, values: Record<string, unknown>): Promise<void> {
  const size = {
    nLayer: 2,
    nHead: 2,
    nEmbd: 16,
    blockSize: 8,
    batchSize: 2,
    maxIters: 1,
    tokenizer: 'byte',
    threads: 1,
  };
  const layers = [{ name: 'options', values: { ...size, backend: 'eager', ...values } }];
  for await (const _ of pretrain({ inputs: [at('text.txt')], out: at(name), layers }));
}

beforeAll(async () => {
  writeFileSync(at('text.txt'), 'one two three four five. '.repeat(40));
  await train('gpt2', {});
  await train('more', { maxIters: 2 });
  await train('llama', { arch: 'llama' });
  await train('qwen3', { arch: 'qwen3' });
}, 60_000);

async function inspected(options: WeightsOptions): Promise<WeightsEvent> {
  let last: WeightsEvent | undefined;
  for await (const event of inspectWeights(options)) if (event.event === 'weights') last = event;
  return last!;
}

test.each(['gpt2', 'llama', 'qwen3'])('every tensor of %s is described', async (name) => {
  const { tensors } = await inspected({ run: at(name), tensors: true });
  expect(tensors!.length).toBeGreaterThan(15);
  for (const { shape, norm, rms, nonFinite, spectrum } of tensors!) {
    expect(nonFinite).toBe(0);
    expect(norm).toBeCloseTo(rms * Math.sqrt(shape.reduce((a, b) => a * b, 1)), 6);
    expect(spectrum !== undefined).toBe(shape.length === 2);
    if (!spectrum) continue;
    const [first = 0, ...others] = spectrum.singularValues;
    expect(first).toBeLessThanOrEqual(norm * (1 + 1e-6));
    expect(others).toEqual([...others].sort((a, b) => b - a));
    expect(spectrum.stableRank).toBeGreaterThanOrEqual(1 - 1e-6);
    expect(spectrum.stableRank).toBeLessThanOrEqual(Math.min(...shape));
  }
});

test('a checkpoint differs from itself by nothing, from a later one by a little, in every block', async () => {
  const self = await inspected({ run: at('gpt2'), compare: at('gpt2') });
  for (const { relative } of self.comparison!.tensors) expect(relative).toBe(0);
  const { comparison } = await inspected({ run: at('more'), compare: at('gpt2') });
  const parts = comparison!.parts.filter(({ name }) => name.startsWith('block'));
  expect(parts.map(({ name }) => name)).toEqual(['block 1', 'block 2']);
  for (const { relative, cosine } of parts) {
    expect(relative).toBeGreaterThan(0);
    expect(cosine).toBeGreaterThan(0.5);
  }
  expect(comparison!.missing).toEqual([]);
});

test('models that share nothing are not compared, and a word needs a token', async () => {
  expect((await errorOf(() => inspected({ run: at('gpt2'), compare: at('llama') }))).code).toBe('weights/other-model');
  expect((await errorOf(() => inspected({ run: at('gpt2'), neighbours: '' }))).code).toBe('weights/word');
  expect((await errorOf(() => inspected({ run: at('gpt2'), compare: at('nothing') }))).code).toBe('checkpoint/missing');
});

test('the command prints a line for each tensor, and with --json one object', async () => {
  const { out, code } = await typed(`inspect ${at('llama')} --weights --neighbours o`);
  expect(code).toBe(0);
  const lines = out.split('\n');
  expect(lines.find((line) => line.startsWith('tensor'))).toMatch(/norm +rms +largest +sigma 1 +stable rank/);
  expect(lines.filter((line) => / x /.test(line)).length).toBeGreaterThan(10);
  expect(out).toContain('neighbours of "o"\n');
  const json = JSON.parse((await typed(`inspect ${at('llama')} --weights --json`)).out);
  expect(json).toMatchObject({ event: 'weights', tensors: expect.any(Array) });
});
