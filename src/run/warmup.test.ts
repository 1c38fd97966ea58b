// Warm-up through a whole run of epochs: what is reported, what is kept, what a resumed run has.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finetune } from '../finetune/finetune.js';
import { pretrain } from '../pretrain/pretrain.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-warmup-'));
  writeFileSync(at('text.txt'), 'the sun was warm and the wind was wet. '.repeat(18)); // 702 bytes: 22 steps an epoch
  writeFileSync(
    at('data.csv'),
    ['text,label', ...Array.from({ length: 88 }, (_, i) => `day ${i},${i % 2}`)].join('\n'),
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const values = {
  ...{ nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 16, tokenizer: 'byte', threads: 1, batchSize: 2, valSplit: 0 },
  ...{ epochs: 1, learningRate: 0.01, logInterval: 1, evalIters: 1 },
};

/** The learning rates of a run by step. @param stopAfter aborts it after this step */
async function ratesOf(
  command: 'pretrain' | 'finetune',
  out: string,
  { stopAfter, resume = false }: { stopAfter?: number; resume?: boolean } = {},
): Promise<Map<number, number>> {
  const controller = new AbortController();
  const layers = resume ? [] : [{ name: 'flag', values }];
  const common = { out: at(out), layers, resume, signal: controller.signal };
  const inputs = resume ? [] : [at('text.txt')];
  const data = resume ? undefined : at('data.csv');
  const rates = new Map<number, number>();
  for await (const event of command === 'pretrain' ? pretrain({ inputs, ...common }) : finetune({ data, ...common })) {
    if (event.event !== 'step') continue;
    rates.set(event.iter, event.lr);
    if (event.iter === stopAfter) controller.abort();
  }
  return rates;
}

test.each([
  ['pretrain', 22],
  ['finetune', 44],
] as const)('%s --epochs 1 of %d steps warms up for a tenth of them, resumed or not', async (command, steps) => {
  const whole = await ratesOf(command, command);
  const warmup = Math.floor(steps / 10);
  expect(whole.size).toBe(steps);
  expect([...whole.values()].findIndex((rate) => rate > 0.00999)).toBe(warmup);
  const { config } = JSON.parse(readFileSync(at(`${command}/config.json`), 'utf8'));
  expect(config).toMatchObject({ epochs: 1, maxIters: null, warmupIters: warmup });
  const stopped = await ratesOf(command, `${command}-stopped`, { stopAfter: 1 });
  const resumed = await ratesOf(command, `${command}-stopped`, { resume: true });
  expect(new Map([...stopped, ...resumed])).toEqual(whole);
});
