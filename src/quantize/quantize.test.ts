// From a run to a folder in 8 or 4 bits, and back through the commands that open it.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../checkpoint/index.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { QuantizedEvent, ResultEvent, SampleEvent } from '../events.js';
import { loadCheckpoint } from '../generate/load.js';
import { sample } from '../generate/sample.js';
import { exportGguf } from '../gguf/export.js';
import { pretrain } from '../pretrain/pretrain.js';
import { quantize } from './quantize.js';

let folder = '';
const at = (name: string) => join(folder, name);
const layersOf = (values: Record<string, unknown>) => [{ name: 'flag', values: { threads: 1, ...values } }];

async function last<T>(events: AsyncIterable<T>): Promise<T> {
  let event: T | undefined;
  for await (const each of events) event = each;
  return event!;
}

const quantized = async (to: 'int8' | 'int4', out: string, more: object = {}) =>
  (await last(quantize({ run: at('run'), to, out: at(out), layers: layersOf({}), ...more }))) as QuantizedEvent;
const evaluated = async (run: string, values: object = {}) =>
  (await last(evaluate({ run: at(run), inputs: [at('text.txt')], layers: layersOf({ ...values }) }))) as ResultEvent;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-quantize-'));
  writeFileSync(at('text.txt'), 'the cat sat on the mat. the dog ran to the cat. '.repeat(120));
  const small = { nLayer: 1, nHead: 2, nEmbd: 64, blockSize: 32, tokenizer: 'byte', threads: 1, batchSize: 8 };
  const layers = [{ name: 'flag', values: { ...small, maxIters: 60, evalInterval: 60 } as Record<string, unknown> }];
  await last(pretrain({ inputs: [at('text.txt')], out: at('run'), layers }));
  await quantized('int4', 'int4');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it reports sizes and losses; the loss after is that of eval on the folder', async () => {
  const event = await quantized('int8', 'int8');
  expect(event.float32Bytes).toBe(4 * event.parameters);
  expect(event.bytes / event.float32Bytes).toBeLessThan(0.4);
  expect(event.tokens).toBe(575); // of 5,760 the last tenth, but for the first token
  expect(Math.abs(event.loss! / event.float32Loss! - 1)).toBeLessThan(0.01);
  expect(event.loss).not.toBe(event.float32Loss);
  const full = await evaluated('run');
  expect((await evaluated('int8')).weights).toBe('int8');
  expect(full.weights).toBeUndefined();
});

test('eval --quantize gives the loss of the rounded weights, which is that of the stored ones, and the float32 one', async () => {
  const compared = await evaluated('run', { quantize: 'int4' });
  const [full, stored] = [await evaluated('run'), await evaluated('int4')];
  expect(compared).toEqual({ ...stored, float32: { loss: full.loss } });
  expect(compared.loss).not.toBe(full.loss);
});

test('a stored model opens on an engine without such products, with the same weights', async () => {
  const [onnx, eager] = [await evaluated('int4'), await evaluated('int4', { backend: 'eager' })];
  expect(Math.abs(eager.loss / onnx.loss - 1)).toBeLessThan(0.01);
});

test('sampling from the folder is sampling with --quantize', async () => {
  const greedy = { maxNewTokens: 24, greedy: true };
  const text = async (run: string, values: object) =>
    (
      (await last(
        sample({ run: at(run), prompt: 'the cat', layers: layersOf({ ...greedy, ...values }) }),
      )) as SampleEvent
    ).text;
  const stored = await text('int4', {});
  expect(stored).toBe(await text('run', { quantize: 'int4' }));
  const model = await loadCheckpoint(at('run'), { quantize: 'int4', threads: 1 });
  expect((await model.complete('the cat', greedy)).text).toBe(stored);
  await model.close();
});

test('an engine without such products refuses --quantize in one line', async () => {
  const layers = layersOf({ quantize: 'int8', backend: 'eager' });
  await expect(last(sample({ run: at('run'), layers }))).rejects.toMatchObject({
    code: 'engine/quantize',
    message: 'the eager engine has no products with int8 weights',
  });
});

test('export writes the rounded weights as float32', async () => {
  const exported = await exportGguf(at('int4'), { out: at('x.gguf'), type: 'F32' });
  expect(exported.formats).toEqual({ F32: exported.tensors });
});

test('training starts from the rounded weights', async () => {
  const layers = [{ name: 'flag', values: { init: at('int4'), maxIters: 1, evalInterval: 1, threads: 1 } }];
  const started: { event: string; message?: string }[] = [];
  for await (const event of pretrain({ inputs: [at('text.txt')], out: at('more'), layers })) started.push(event);
  expect(started.find(({ message }) => message?.includes('int4'))).toBeDefined();
  expect(existsSync(at('more/last/model.safetensors'))).toBe(true);
});

describe('what is refused, with nothing written', () => {
  test('a folder that is there, a folder of other things, the run itself', async () => {
    await expect(quantized('int8', 'int4')).rejects.toMatchObject({ code: 'quantize/exists' });
    mkdirSync(at('mine'));
    writeFileSync(at('mine/letter.txt'), 'dear');
    await expect(quantized('int8', 'mine', { overwrite: true })).rejects.toMatchObject({ code: 'quantize/exists' });
    await expect(quantized('int8', 'run', { overwrite: true })).rejects.toMatchObject({ code: 'quantize/exists' });
    await expect(quantized('int8', 'run/best', { overwrite: true })).rejects.toMatchObject({ code: 'quantize/exists' });
    expect(readdirSync(at('mine'))).toEqual(['letter.txt']);
    const checkpoint = await openCheckpoint(at('run/best'));
    expect(checkpoint.scheme).toBeUndefined();
    await checkpoint.close();
  });

  test('what is quantized already, an unknown scheme, an interruption', async () => {
    await expect(quantized('int8', 'again', { run: at('int4') })).rejects.toMatchObject({ code: 'quantize/quantized' });
    await expect(quantized('int3' as 'int8', 'again')).rejects.toMatchObject({ code: 'quantize/scheme' });
    await expect(quantized('int8', 'again', { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(existsSync(at('again'))).toBe(false);
  });
});
