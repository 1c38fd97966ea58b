// Optimizers in a whole run: Muon, and two that are not shipped stand in the list, as one line each would put them there.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolve, settingsOf } from '../config/index.js';
import { hasOpenvino } from '../engine/openvino/testing/library.js';
import { hasTensorflow } from '../engine/tensorflow/testing/library.js';
import type { RunEvent } from '../events.js';
import { finetune } from '../finetune/finetune.js';
import { configureModel } from '../model/registry.js';
import { planTraining } from '../pretrain/cost.js';
import { pretrain } from '../pretrain/pretrain.js';

jest.mock('../optimizer/optimizers.js', () => ({
  optimizers: {
    ...jest.requireActual('../optimizer/optimizers.js').optimizers,
    ...jest.requireActual('../optimizer/testing/sgd.js'),
    ...jest.requireActual('../optimizer/testing/matrix.js'),
  },
}));

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-optimizer-'));
  writeFileSync(at('text.txt'), 'a plain text, long enough for a few windows of it. '.repeat(60));
  const rows = Array.from({ length: 40 }, (_, i) => `${i % 2 ? 'good' : 'bad'} number ${i},${i % 2 ? 'yes' : 'no'}`);
  writeFileSync(at('rows.csv'), ['text,label', ...rows].join('\n'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sizes = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 16, batchSize: 4, tokenizer: 'byte' };
const settings = { ...sizes, threads: 1, dropout: 0.1, maxIters: 8, evalIters: 1, warmupIters: 2, saveInterval: 4 };
const flags = (values: object) => [{ name: 'flag', values: values as Record<string, unknown> }];

/** All events, or those until the checkpoint of a step: from there on the run counts as interrupted. */
async function eventsOf(events: AsyncIterable<RunEvent>, stopAt?: AbortController): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) {
    all.push(event);
    if (event.event === 'checkpoint' && event.kind === 'last' && event.iter === 4) stopAt?.abort();
  }
  return all;
}

const saved = (run: string) =>
  ['model', 'optimizer'].map((file) => readFileSync(join(at(run), 'last', `${file}.safetensors`)).toString('base64'));
const recorded = (run: string) => JSON.parse(readFileSync(join(at(run), 'last', 'training_state.json'), 'utf8'));

test('their names and settings are flags of training', () => {
  const { optimizer, momentum, matrixRate, beta1 } = settingsOf('pretrain');
  expect(optimizer!.choices).toEqual(['adamw', 'muon', 'sgd', 'matrix']);
  expect([momentum!.default, matrixRate!.default, beta1!.default]).toEqual([0.9, 10, 0.9]);
  expect(() => resolve('pretrain', flags({ optimizer: 'lion' }))).toThrow('one of adamw, muon, sgd, matrix');
});

test('a flag of another optimizer is refused', () => {
  const values = { optimizer: 'sgd', matrixRate: 3 };
  expect(() => resolve('pretrain', flags(values))).toThrow('--matrix-rate has no effect: the optimizer is sgd');
  expect(resolve('pretrain', flags({ ...values, optimizer: 'matrix' })).values).toMatchObject({ matrixRate: 3 });
  expect(resolve('pretrain', [{ name: 'a preset', values }]).values).toMatchObject({ optimizer: 'sgd' });
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['sgd', { backend: 'onnx' }],
  ['matrix', { backend: 'onnx', gradAccum: 2 }],
  ['matrix', { backend: 'eager' }],
  ['muon', { backend: 'onnx', gradAccum: 2 }],
  ...(hasOpenvino
    ? ([
        ['adamw', { backend: 'openvino' }],
        ['muon', { backend: 'openvino', gradAccum: 2 }],
      ] as [string, Record<string, unknown>][])
    : []),
  ...(hasTensorflow
    ? ([
        ['matrix', { backend: 'tensorflow', jit: 'graph' }],
        ['muon', { backend: 'tensorflow', jit: 'xla' }],
        ['muon', { backend: 'tensorflow', jit: 'graph', precision: 'bf16', gradAccum: 2 }],
      ] as [string, Record<string, unknown>][])
    : []),
])(
  'a run with %s that is interrupted and resumed ends with the bits of an unbroken one, %j',
  async (optimizer, more) => {
    const name = `${optimizer} ${Object.values(more).join(' ')}`;
    const layers = flags({ ...settings, ...more, optimizer });
    const inputs = [at('text.txt')];
    await eventsOf(pretrain({ inputs, layers, out: at(`${name} whole`) }));
    const stop = new AbortController();
    await eventsOf(pretrain({ inputs, layers, out: at(name), signal: stop.signal }), stop);
    expect(recorded(name)).toMatchObject({ iter: expect.any(Number), optimizer: { name: optimizer } });
    expect(recorded(name).iter).toBeLessThan(8);
    await eventsOf(pretrain({ inputs: [], out: at(name), resume: true }));
    expect(recorded(name).iter).toBe(8);
    expect(saved(name)).toEqual(saved(`${name} whole`));
  },
);

test('a run from before there was a choice is resumed with AdamW, to the bits of an unbroken one', async () => {
  const layers = flags({ ...settings, optimizer: 'adamw' });
  const inputs = [at('text.txt')];
  await eventsOf(pretrain({ inputs, layers, out: at('old whole') }));
  const stop = new AbortController();
  await eventsOf(pretrain({ inputs, layers, out: at('old'), signal: stop.signal }), stop);
  const path = join(at('old'), 'config.json');
  const record = JSON.parse(readFileSync(path, 'utf8'));
  for (const key of ['optimizer', 'momentum', 'matrixLrScale', 'nsSteps', 'lrSchedule', 'decayFraction'])
    delete record.config[key];
  writeFileSync(path, JSON.stringify(record));
  await eventsOf(pretrain({ inputs: [], out: at('old'), resume: true }));
  expect(recorded('old')).toMatchObject({ iter: 8, optimizer: { name: 'adamw' } });
  expect(saved('old')).toEqual(saved('old whole'));
});

test('a run cannot be resumed with another optimizer', async () => {
  const out = at('fixed');
  await eventsOf(pretrain({ inputs: [at('text.txt')], layers: flags({ ...settings, optimizer: 'sgd' }), out }));
  const other = pretrain({ inputs: [], out, resume: true, layers: flags({ optimizer: 'adamw', maxIters: 9 }) });
  await expect(eventsOf(other)).rejects.toMatchObject({
    code: 'config/resume',
    message: expect.stringMatching(/^optimizer is sgd in .* and cannot become adamw$/),
  });
});

test.each([
  ['matrix, all weights', { optimizer: 'matrix' }],
  ['matrix, adapters', { optimizer: 'matrix', loraRank: 2 }],
  ['muon, all weights', { optimizer: 'muon' }],
  ['muon, adapters', { optimizer: 'muon', loraRank: 2 }],
])('a classifier finetuned with %s, is resumed to the same bits', async (name, more) => {
  const from = at(`${name} base`);
  await eventsOf(pretrain({ inputs: [at('text.txt')], layers: flags({ ...settings, maxIters: 2 }), out: from }));
  const chosen = { ...more, from, epochs: null, valSplit: 0.2 };
  const { nLayer, nHead, nEmbd, blockSize, tokenizer, ...rest } = settings;
  const options = { data: at('rows.csv'), layers: flags({ ...rest, ...chosen }) };
  await eventsOf(finetune({ ...options, out: at(`${name} whole`) }));
  const stop = new AbortController();
  await eventsOf(finetune({ ...options, out: at(name), signal: stop.signal }), stop);
  await eventsOf(finetune({ data: at('rows.csv'), out: at(name), resume: true }));
  expect(recorded(name).iter).toBe(8);
  expect(saved(name)).toEqual(saved(`${name} whole`));
});

test('the estimate counts their slots and the products of their updates', async () => {
  const plan = async (optimizer: string) => {
    const config = resolve('pretrain', flags({ ...settings, nEmbd: 64, optimizer })).values;
    return planTraining(configureModel(config, 257), config);
  };
  const [adamw, muon, sgd, matrix] = [await plan('adamw'), await plan('muon'), await plan('sgd'), await plan('matrix')];
  expect(adamw.memory.optimizer).toBe(8 * adamw.parameters);
  expect(sgd.memory.optimizer).toBe(4 * sgd.parameters);
  expect(muon.memory.optimizer).toBe(8 * muon.parameters - 4 * 12 * 64 ** 2);
  expect(sgd.flopsPerStep).toBe(adamw.flopsPerStep);
  // Five iterations of three products of each square: query, key, value, projection. Of [64, 256] and [256, 64] two products
  // that are four times as large, and with the Gram matrix alone 2 + 3 * 4 + 2 and the two that join the last factor.
  const cube = 2 * 64 ** 3;
  expect([adamw, muon].map((each) => each.flopsPerStep - each.updateFlopsPerStep)).toEqual([
    adamw.flopsPerStep,
    adamw.flopsPerStep,
  ]);
  expect(muon.flopsPerStep - adamw.flopsPerStep).toBe(4 * 15 * cube + 2 * (8 + 17) * cube);
  // Three iterations of products [n, m][m, n], [n, n][n, n] and [n, n][n, m] for n <= m, of each matrix of the block.
  const shapes = [[64, 192], [64, 64], [64, 256], [256, 64]] as const; // biome-ignore format: one line
  const products = shapes.reduce((sum, [rows, columns]) => {
    const [n, m] = [Math.min(rows, columns), Math.max(rows, columns)];
    return sum + 3 * 2 * (n * n * m + n ** 3 + n * n * m);
  }, 0);
  expect(matrix.flopsPerStep - adamw.flopsPerStep).toBe(products);
});
