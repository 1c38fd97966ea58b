// One optimizer step from files to gradients: however its batch is divided into micro-batches, the loss and every gradient are
// those of the whole batch.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SafetensorsFile } from '../checkpoint/index.js';
import { hasTensorflow } from '../engine/tensorflow/testing/library.js';
import type { StepEvent } from './events.js';
import { finetune } from './finetune.js';
import { pretrain } from './pretrain.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-accumulation-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 112, tokenizer: 'byte', threads: 1 };
const beta1 = 0.9;
/** One step over all the rows, whose first moments are the gradients times 1 - beta1. */
const oneStep = { maxIters: 1, logInterval: 1, valSplit: 0, evalIters: 1, gradClip: 0, beta1, dropout: 0, seed: 3 };

type Settings = Readonly<Record<string, unknown>>;

interface Step {
  readonly loss: number;
  readonly gradNorm: number;
  readonly gradients: ReadonlyMap<string, Float32Array>;
}

async function stepOf(command: 'pretrain' | 'finetune', data: string, settings: Settings): Promise<Step> {
  const out = at(`run-${Object.values(settings).join('-')}`);
  const common = { out, layers: [{ name: 'flag', values: { ...small, ...oneStep, ...settings } }], overwrite: true };
  const events = command === 'pretrain' ? pretrain({ inputs: [data], ...common }) : finetune({ data, ...common });
  let step: StepEvent | undefined;
  for await (const event of events) if (event.event === 'step') step = event;
  const file = await SafetensorsFile.open(join(out, 'last', 'optimizer.safetensors'));
  const gradients = new Map<string, Float32Array>();
  for (const name of file.header.tensors.keys()) {
    if (!name.startsWith('firstMoment')) continue;
    gradients.set(
      name,
      (await file.read(name)).map((x) => x / (1 - beta1)),
    );
  }
  await file.close();
  return { loss: step!.loss, gradNorm: step!.gradNorm, gradients };
}

test('x', async () => {
  const words = 'the quick brown fox jumps over a lazy dog and then sleeps in the warm sun until the evening comes';
  const rows = [1, 2, 3, 5, 10, 20, 40, 80].map((n) =>
    JSON.stringify({ prompt: `Write ${n}: `, completion: words.slice(0, n) }),
  );
  writeFileSync(at('a.jsonl'), rows.join('\n'));
  const steps = [];
  for (const [batchSize, gradAccum] of [
    [8, 1],
    [4, 2],
    [1, 8],
  ])
    steps.push(await stepOf('finetune', at('a.jsonl'), { batchSize, gradAccum }));
  for (const s of steps) {
    console.log(
      s.loss,
      s.gradNorm,
      Math.max(
        ...[...s.gradients].map(([name, g]) => {
          const o = steps[0]!.gradients.get(name)!;
          return Math.max(...g.map((x, i) => Math.abs(x - o[i]!))) / Math.max(...o.map(Math.abs));
        }),
      ),
      [...s.gradients.keys()].length,
    );
  }
});
void hasTensorflow;
