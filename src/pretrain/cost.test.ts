// The estimated memory against what onnxruntime says it used.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolve } from '../config/index.js';
import { peakBytes } from '../trace/index.js';
import { planTraining, secondsOf } from './cost.js';
import { pretrain } from './pretrain.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-plan-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sizes = { nLayer: 2, nHead: 4, nEmbd: 64, blockSize: 64, batchSize: 8 };
const settings = { ...sizes, tokenizer: 'byte', threads: 1, maxIters: 2, evalIters: 1 };

test.each([false, true])(
  'activations are within 30 % of what onnxruntime asks for, with recompute %s',
  async (recompute) => {
    const text = join(folder, 'text.txt');
    writeFileSync(text, 'a plain text, long enough for a few windows of it. '.repeat(60));
    const profile = join(folder, `recompute-${recompute}`);
    let estimated = 0;
    const layers = [{ name: 'flag', values: { ...settings, recompute } }];
    const events = pretrain({
      inputs: [text],
      out: join(folder, `run-${recompute}`),
      layers,
      profile,
      onGraph: (graph, use) => {
        if (use === 'training') estimated = peakBytes(graph);
      },
    });
    for await (const event of events) if (event.event === 'done') expect(event.iter).toBe(2);

    const name = readdirSync(folder).find((file) => file.startsWith(`recompute-${recompute}-loss`))!;
    const nodes = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { args?: Record<string, string> }[];
    const used = Math.max(...nodes.map(({ args }) => Number(args?.['mem_bytes_requested_in_use'] ?? 0)));
    expect(used).toBeGreaterThan(1e6);
    expect(estimated / used).toBeGreaterThan(0.7);
    expect(estimated / used).toBeLessThan(1.3);
  },
);

test('a plan adds up, and accumulating takes as much arithmetic as a larger batch', async () => {
  const config = (values: object) =>
    resolve('pretrain', [{ name: 'flag', values: { ...settings, optimizer: 'adamw', ...values } }]).values;
  const { nLayer, nHead, nEmbd, blockSize } = sizes;
  const shape = { nLayer, nHead, nEmbd, blockSize, dropout: 0, bias: true, layerNormEpsilon: 1e-5 };
  const model = { ...shape, vocabSize: 257, position: 'learned' as const };
  const whole = await planTraining(model, config({}));
  const parts = await planTraining(model, config({ batchSize: 2, gradAccum: 4 }));
  expect(whole.tokensPerStep).toBe(512);
  expect(parts.tokensPerStep).toBe(512);
  expect(parts.flopsPerStep).toBe(whole.flopsPerStep);
  expect(parts.memory.activations).toBeLessThan(whole.memory.activations / 3);
  // 6 for each token and parameter that multiplies (position table and biases do not), and attention's products
  const multiplying = whole.parameters - 64 * 64;
  expect(whole.flopsPerStep / (6 * multiplying * 512)).toBeGreaterThan(1);
  expect(whole.flopsPerStep / (6 * multiplying * 512)).toBeLessThan(1.3);
  expect(whole.secondsPerStep).toBeGreaterThan(0);
});

test('adapters alone have gradients and optimizer state, and need fewer products', async () => {
  const config = resolve('pretrain', [{ name: 'flag', values: { ...settings, optimizer: 'adamw' } }]).values;
  const { nLayer, nHead, nEmbd, blockSize } = sizes;
  const shape = { nLayer, nHead, nEmbd, blockSize, dropout: 0, bias: true, layerNormEpsilon: 1e-5 };
  const model = { ...shape, vocabSize: 257, position: 'learned' as const };
  const all = await planTraining(model, config);
  const adapters = await planTraining(model, config, { loraRank: 2, loraAlpha: null });
  // A [rank, in] and B [out, rank] of each block's four matrices, two slots of AdamW
  const numbers = 2 * 2 * (64 + 192 + 64 + 64 + 64 + 256 + 256 + 64);
  expect(adapters.memory.optimizer).toBe(4 * 2 * numbers);
  expect(adapters.parameters).toBe(all.parameters + numbers);
  expect(adapters.flopsPerStep).toBeLessThan(0.8 * all.flopsPerStep);
  const frozen = await planTraining(model, config, { freeze: 1 });
  expect(frozen.memory.optimizer).toBeLessThan(0.6 * all.memory.optimizer);
});

describe('a finetuning run', () => {
  const config = resolve('pretrain', [{ name: 'flag', values: { ...settings, optimizer: 'adamw' } }]).values;
  const { nLayer, nHead, nEmbd, blockSize } = sizes;
  const shape = { nLayer, nHead, nEmbd, blockSize, dropout: 0, bias: true, layerNormEpsilon: 1e-5 };
  const model = { ...shape, vocabSize: 257, position: 'learned' as const };
  const batches = { lengths: [8, 16], answers: [4, null], evaluationRows: 16 };

  test('is planned on its own batches, with the head of its labels', async () => {
    const text = await planTraining(model, config, { batches });
    expect(text.tokensPerStep).toBe(config.batchSize * 12);
    const labels = await planTraining(model, config, { batches: { ...batches, labels: 3 }, lmCoef: 0 });
    expect(labels.parameters).toBe(text.parameters + 3 * nEmbd);
    expect(labels.flopsPerStep).toBeLessThan(text.flopsPerStep); // nothing is projected to the vocabulary
  });

  test('keeps the frozen matrices in 8 or 4 bits, all else in float32', async () => {
    const plan = (quantize: 'none' | 'int8' | 'int4') =>
      planTraining(model, config, { loraRank: 2, quantize, batches });
    const [float32, int8, int4] = [await plan('none'), await plan('int8'), await plan('int4')];
    const numbers = nLayer * 12 * nEmbd ** 2;
    const table = 257 * nEmbd;
    const saved = (bytes: number) => numbers * (4 - bytes) + table * (4 - 68 / 64);
    expect(float32.memory.parameters - int8.memory.parameters).toBe(saved(68 / 64));
    expect(float32.memory.parameters - int4.memory.parameters).toBe(saved(36 / 64));
    expect(int8.memory.optimizer).toBe(float32.memory.optimizer);
  });
});

test('seconds are products at their speed and the rest at that of copying', () => {
  expect(secondsOf({ flops: 3e9, bytes: 4e9 }, { gflops: 1, bytesPerSecond: 2e9 })).toBe(5);
});
