// Finetuning from files to checkpoints on the embedded engine: learning, resuming, adapters, tasks.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint, SafetensorsFile } from '../checkpoint/index.js';
import { classify } from '../classify/classify.js';
import { GptError } from '../errors.js';
import { evaluate } from '../evaluate/evaluate.js';
import type { ClassEvent, ResultEvent, RunEvent } from '../events.js';
import { pretrain } from '../pretrain/pretrain.js';
import { quantize } from '../quantize/quantize.js';
import { finetune } from './finetune.js';

let folder = '';
const at = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-finetune-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const words = { sunny: ['sun', 'warm', 'light'], rainy: ['rain', 'wet', 'cloud'], windy: ['wind', 'storm', 'gust'] };

/** Texts of 1 to 6 words, in which one word decides. */
function weather(count: number, offset = 0): { text: string; label: string }[] {
  const labels = Object.keys(words) as (keyof typeof words)[];
  return Array.from({ length: count }, (_, i) => {
    const n = i + offset;
    const label = labels[n % 3]!;
    const filler = Array.from({ length: (n * 7) % 6 }, (_, k) => ['the', 'day', 'was', 'so'][(n + k) % 4]!);
    return { text: [...filler, words[label][(n >> 2) % 3]!].join(' '), label };
  });
}

function csv(name: string, rows: readonly { text: string; label: string }[]): string {
  writeFileSync(at(name), ['text,label', ...rows.map(({ text, label }) => `${text},${label}`)].join('\n'));
  return at(name);
}

const small = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 32, tokenizer: 'byte', threads: 1, batchSize: 8 };

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

function run(data: string | undefined, out: string, values: object, more: object = {}): Promise<RunEvent[]> {
  const layers = [{ name: 'flag', values: { ...values } as Record<string, unknown> }];
  return collect(finetune({ data, out: at(out), layers, ...more }));
}

const of = <K extends RunEvent['event']>(events: readonly RunEvent[], name: K) =>
  events.filter((event): event is Extract<RunEvent, { event: K }> => event.event === name);

const bytes = (path: string) => readFileSync(at(path)).toString('base64');

/** Stops a run as Ctrl-C does, after the step `iter`. */
async function interrupted(data: string, out: string, values: object, iter: number): Promise<void> {
  const controller = new AbortController();
  const layers = [{ name: 'flag', values: values as Record<string, unknown> }];
  for await (const event of finetune({ data, out: at(out), layers, signal: controller.signal })) {
    if (event.event === 'step' && event.iter === iter) controller.abort();
  }
}

describe('the baselines of a classifier', () => {
  const values = { ...small, maxIters: 1, valSplit: 0.25 };
  const aboutBaselines = (events: readonly RunEvent[]) =>
    of(events, 'notice').filter(({ message }) => message.startsWith('baselines'));

  test('are measured on the split of the run: the words decide all labels, the majority a third', async () => {
    const rows = weather(96).map(({ text, label }, i) => ({ text: `${text} on day ${i}`, label })); // no two alike
    const events = await run(csv('baselines.csv', rows), 'baselines', values);
    const [start] = of(events, 'start');
    expect(start!.baselines).toEqual({ majority: 1 / 3, bagOfWords: 1 });
    expect(aboutBaselines(events)).toMatchObject([
      {
        level: 'info',
        message: expect.stringMatching(
          /^baselines, accuracy on the 24 validation rows: 33\.3 % majority class \("rainy"\), 100\.0 % logistic/,
        ),
      },
    ]);
  });

  test('are not measured where nothing is held out, nor for other tasks', async () => {
    const unsplit = await run(at('baselines.csv'), 'unsplit', { ...values, valSplit: 0 });
    expect(of(unsplit, 'start')[0]!.baselines).toBeUndefined();
    expect(aboutBaselines(unsplit)).toEqual([]);
    writeFileSync(at('said.jsonl'), '{"prompt":"a","completion":"b"}\n{"prompt":"c","completion":"d"}\n');
    const said = await run(at('said.jsonl'), 'said', { ...values, valSplit: 0.5 });
    expect(of(said, 'start')[0]!.baselines).toBeUndefined();
  });

  test('a run without a learning rate has that of its size, and keeps it', () => {
    const recorded = JSON.parse(readFileSync(at('baselines/config.json'), 'utf8'));
    expect(recorded.config).toMatchObject({ optimizer: 'adamw', learningRate: 1e-3, minLr: 1e-4 });
  });
});

describe('finetuning a classifier', () => {
  test('learns to distinguish three labels, from scratch', async () => {
    const data = csv('weather.csv', weather(96));
    const values = { ...small, maxIters: 80, learningRate: 0.02, dropout: 0, lmCoef: 0.1, evalInterval: 40 };
    const events = await run(data, 'scratch', values);
    const [start] = of(events, 'start');
    expect(start).toMatchObject({ task: 'classify', labels: ['rainy', 'sunny', 'windy'], command: 'finetune' });
    const [done] = of(events, 'done');
    expect(done!.accuracy).toBeGreaterThan(0.9);
    expect(done!.macroF1).toBeGreaterThan(0.9);
    const notices = of(events, 'notice').map(({ message }) => message);
    expect(notices).toContainEqual(expect.stringContaining('classification: text in "text", labels in "label"'));
    expect(notices).toContainEqual(expect.stringContaining('8 of 96 examples are held out'));
  });

  test('classify gives the labels, in one batch and one by one alike (babylm#5)', async () => {
    const texts = weather(12, 200);
    const found = (await collect(
      classify({ run: at('scratch'), input: texts.map(({ text }) => text) }),
    )) as ClassEvent[];
    expect(found.map(({ label }) => label)).toEqual(texts.map(({ label }) => label));
    for (const [i, { text }] of texts.slice(0, 3).entries()) {
      const [single] = (await collect(classify({ run: at('scratch'), input: [text] }))) as ClassEvent[];
      for (const [label, score] of Object.entries(found[i]!.scores))
        expect(single!.scores[label]).toBeCloseTo(score, 5);
      expect(Object.values(single!.scores).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
    }
  });

  test('a checkpoint names a pad token that is not the last token of a text (transformers#9785, #4122)', async () => {
    const config = JSON.parse(readFileSync(at('scratch/best/config.json'), 'utf8'));
    const tokenizer = JSON.parse(readFileSync(at('scratch/best/tokenizer.json'), 'utf8'));
    const settings = JSON.parse(readFileSync(at('scratch/best/tokenizer_config.json'), 'utf8'));
    expect(config).toMatchObject({ architectures: ['GPT2ForSequenceClassification'], pad_token_id: 256 });
    expect(config.id2label).toEqual({ 0: 'rainy', 1: 'sunny', 2: 'windy' });
    expect(settings).toMatchObject({ pad_token: '<|endoftext|>', padding_side: 'right' });
    expect(tokenizer.post_processor.single.at(-1).SpecialToken.id).toBe('<|clf|>');
    expect(config.vocab_size).toBe(258);
  });

  test('eval counts accuracy, macro F1 and confusion; rows with labels it does not know count as wrong', async () => {
    const data = csv('test.csv', [...weather(30, 300), { text: 'snow', label: 'snowy' }]);
    const events = await collect(evaluate({ run: at('scratch'), inputs: [data] }));
    const result = events.at(-1) as ResultEvent;
    expect(result).toMatchObject({
      labels: ['rainy', 'sunny', 'windy', 'snowy'],
      unknownLabels: { snowy: 1 },
      examples: 31,
    });
    expect(result.confusion!.map((row) => row.length)).toEqual([4, 4, 4, 4]);
    expect(result.confusion!.flat().reduce((a, b) => a + b)).toBe(31);
    const right = result.confusion!.reduce((sum, row, i) => sum + row[i]!, 0);
    expect(right).toBeGreaterThan(27);
    expect(result.accuracy).toBeCloseTo(right / 31, 12);
    expect(Number.isFinite(result.loss)).toBe(true);
    expect(events).toContainEqual(expect.objectContaining({ message: expect.stringContaining('1 of 31 rows') }));
  });

  test('an interrupted run resumes to the same bits, with dropout, buckets and accumulated batches', async () => {
    const data = csv('resume.csv', weather(48));
    const values = { ...small, maxIters: 6, gradAccum: 2, dropout: 0.2, evalInterval: 2, logInterval: 1, batchSize: 4 };
    await run(data, 'whole', values);
    await interrupted(data, 'parts', values, 3);
    expect(await openCheckpoint(at('parts/last')).then((c) => c.close().then(() => c.training!.iter))).toBe(3);
    const events = await run(undefined, 'parts', {}, { resume: true });
    expect(of(events, 'done')[0]).toMatchObject({ iter: 6, reason: 'finished' });
    for (const file of ['model.safetensors', 'optimizer.safetensors', 'config.json', 'tokenizer.json'])
      expect(bytes(`parts/last/${file}`)).toBe(bytes(`whole/last/${file}`));
    const evaluations = (run: string) =>
      readFileSync(at(`${run}/log.jsonl`), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .filter(({ event }) => event === 'eval');
    expect(evaluations('parts')).toEqual(evaluations('whole'));
  });

  test('a run does not resume with other data', async () => {
    csv('resume.csv', weather(48, 5));
    await expect(run(undefined, 'parts', { maxIters: 9 }, { resume: true })).rejects.toThrow(
      'the data is not what the run was trained on',
    );
  });

  test('frozen parts stay what they were, the head and the last block do not', async () => {
    const data = csv('freeze.csv', weather(24));
    const values = { from: at('scratch'), freeze: 1, maxIters: 2, batchSize: 8, learningRate: 0.01 };
    await run(data, 'frozen', values);
    const [before, after] = await Promise.all(['scratch/best', 'frozen/last'].map((name) => openCheckpoint(at(name))));
    const same = async (name: string) => (await before!.read(name)).join() === (await after!.read(name)).join();
    expect(await Promise.all(['wte.weight', 'wpe.weight', 'h.0.attn.c_attn.weight'].map(same))).toEqual([
      true,
      true,
      true,
    ]);
    expect(await Promise.all(['ln_f.weight', 'score.weight'].map(same))).toEqual([false, false]);
    await Promise.all([before!.close(), after!.close()]);
    await expect(run(data, 'frozen2', { ...values, freeze: 2 })).rejects.toThrow(
      'freeze (2) is above the number of blocks, 1',
    );
  });

  test('rare labels count as much with --balance', async () => {
    const rows = [...weather(40).filter(({ label }) => label !== 'windy'), { text: 'wind', label: 'windy' }];
    const data = csv('rare.csv', rows);
    const base = { ...small, maxIters: 1, dropout: 0, lmCoef: 0, logInterval: 1, valSplit: 0, seed: 3, batchSize: 64 };
    const plain = of(await run(data, 'plain', base), 'step')[0]!;
    const balanced = of(await run(data, 'balanced', { ...base, balance: true }), 'step')[0]!;
    expect(plain.gradNorm).not.toBeCloseTo(balanced.gradNorm, 3);
    expect(balanced.loss).toBeCloseTo(Math.log(3), 1);
  });
});

test('few labels go a long way after pretraining on texts without any (transformers#1007)', async () => {
  writeFileSync(
    at('book.txt'),
    weather(300)
      .map(({ text }) => `${text}\n`)
      .join(''),
  );
  const layers = [{ name: 'flag', values: { ...small, tokenizer: 'char', maxIters: 20 } }];
  await collect(pretrain({ inputs: [at('book.txt')], out: at('book'), layers }));
  const data = csv('few.csv', weather(24));
  const events = await run(data, 'few', {
    from: at('book'),
    maxIters: 40,
    learningRate: 0.01,
    batchSize: 8,
    evalInterval: 20,
  });
  expect(of(events, 'done')[0]!.trainLoss).toBeLessThan(0.9);
  const [found] = (await collect(classify({ run: at('few'), input: ['Ω never seen: é'] }))) as ClassEvent[];
  expect(Object.keys(found!.scores)).toEqual(['rainy', 'sunny', 'windy']);
});

describe('low-rank adapters', () => {
  const values = () => ({
    from: at('scratch'),
    loraRank: 2,
    maxIters: 4,
    batchSize: 8,
    learningRate: 0.05,
    evalInterval: 2,
    logInterval: 1,
    dropout: 0.1,
  });

  test('an optimizer for matrices has nothing to do, which is said; freezing every block is refused', async () => {
    const data = csv('lora-muon.csv', weather(24, 3));
    const notice = { event: 'notice', message: expect.stringContaining('--optimizer muon has no effect here') };
    const events = await run(data, 'lora-muon', { ...values(), optimizer: 'muon', maxIters: 1 });
    expect(events).toContainEqual(expect.objectContaining(notice));
    const whole = await run(data, 'muon', { ...values(), loraRank: 0, optimizer: 'muon', maxIters: 1 });
    expect(whole).not.toContainEqual(expect.objectContaining(notice));
    await expect(run(data, 'lora-frozen', { ...values(), freeze: 1 })).rejects.toThrow(
      'freeze (1) leaves no block whose adapters could be trained',
    );
  });

  test('leave the base as it is, and an interrupted run resumes to the same bits', async () => {
    const data = csv('lora.csv', weather(24, 3));
    await run(data, 'lora', values());
    await interrupted(data, 'lora-parts', values(), 2);
    await run(undefined, 'lora-parts', {}, { resume: true });
    for (const file of ['model.safetensors', 'optimizer.safetensors', 'adapter/adapter_model.safetensors'])
      expect(bytes(`lora-parts/last/${file}`)).toBe(bytes(`lora/last/${file}`));
    const [before, base] = await Promise.all(['scratch/best', 'lora/base'].map((name) => openCheckpoint(at(name))));
    for (const { name } of base!.specs) expect((await base!.read(name)).join()).toBe((await before!.read(name)).join());
    await Promise.all([before!.close(), base!.close()]);
  });

  test("have PEFT's names and shapes, and are small", async () => {
    const file = await SafetensorsFile.open(at('lora/best/adapter/adapter_model.safetensors'));
    expect([...file.header.tensors.keys()].sort()).toEqual(
      ['attn.c_attn', 'attn.c_proj', 'mlp.c_fc', 'mlp.c_proj']
        .flatMap((target) => ['A', 'B'].map((part) => `base_model.model.transformer.h.0.${target}.lora_${part}.weight`))
        .concat('base_model.model.score.weight')
        .sort(),
    );
    expect(file.entry('base_model.model.transformer.h.0.attn.c_attn.lora_A.weight').shape).toEqual([2, 16]);
    expect(file.entry('base_model.model.transformer.h.0.attn.c_attn.lora_B.weight').shape).toEqual([48, 2]);
    await file.close();
    const config = JSON.parse(readFileSync(at('lora/best/adapter/adapter_config.json'), 'utf8'));
    expect(config).toMatchObject({
      peft_type: 'LORA',
      r: 2,
      lora_alpha: 4,
      fan_in_fan_out: true,
      task_type: 'SEQ_CLS',
    });
  });

  test('an adapter folder opens as the merged model', async () => {
    const input = weather(4, 50).map(({ text }) => text);
    const merged = (await collect(classify({ run: at('lora'), input }))) as ClassEvent[];
    const adapter = (await collect(classify({ run: at('lora/best/adapter'), input }))) as ClassEvent[];
    expect(adapter).toEqual(merged);
  });
});

describe('low-rank adapters over weights in 8 and 4 bits', () => {
  const values = (more: object = {}) => ({
    ...{ from: at('scratch'), loraRank: 2, maxIters: 4, batchSize: 8, learningRate: 0.05, evalInterval: 2 },
    ...{ dropout: 0.1, quantize: 'int8', ...more },
  });
  const notices = (events: readonly RunEvent[]) => of(events, 'notice').map(({ message }) => message);

  test('an interrupted run resumes to the same bits; its base is the rounded model, the merged one is built on it', async () => {
    const data = csv('frozen.csv', weather(24, 3));
    const events = await run(data, 'int8', values());
    expect(notices(events)).toContainEqual(expect.stringMatching(/^frozen weights are kept in int8, .* instead of/));
    await interrupted(data, 'int8-parts', values(), 2);
    await run(undefined, 'int8-parts', {}, { resume: true });
    for (const file of ['model.safetensors', 'optimizer.safetensors', 'adapter/adapter_model.safetensors'])
      expect(bytes(`int8-parts/last/${file}`)).toBe(bytes(`int8/last/${file}`));
    const [base, last] = await Promise.all(['int8/base', 'int8/last'].map((name) => openCheckpoint(at(name))));
    await collect(quantize({ run: at('scratch/best'), to: 'int8', out: at('rounded') }));
    const rounded = await openCheckpoint(at('rounded'));
    expect([base!.rounded, last!.rounded]).toEqual(['int8', 'int8']);
    for (const { name } of base!.specs) expect((await base!.read(name)).join()).toBe((await rounded.read(name)).join());
    await Promise.all([base!, last!, rounded].map((checkpoint) => checkpoint.close()));
    await expect(run(undefined, 'int8-parts', { quantize: 'none', maxIters: 9 }, { resume: true })).rejects.toThrow(
      'quantize',
    );
  });

  test('a folder in 4 bits is trained on as it is stored, with the bits of --quantize int4', async () => {
    await collect(quantize({ run: at('scratch/best'), to: 'int4', out: at('stored') }));
    const data = csv('frozen4.csv', weather(24, 3));
    const events = await run(data, 'stored4', values({ from: at('stored'), quantize: 'auto' }));
    expect(notices(events)).toContainEqual(expect.stringContaining('kept in int4'));
    await run(data, 'asked4', values({ quantize: 'int4' }));
    expect(bytes('stored4/last/model.safetensors')).toBe(bytes('asked4/last/model.safetensors'));
    const record = JSON.parse(readFileSync(at('stored4/config.json'), 'utf8'));
    expect(record.config.quantize).toBe('int4');
  });

  test('without adapters, and on an engine without such weights, it is refused', async () => {
    const data = csv('refused.csv', weather(24, 3));
    await expect(run(data, 'refused', values({ loraRank: 0 }))).rejects.toMatchObject({ code: 'config/quantize' });
    await expect(run(data, 'refused', values({ backend: 'eager' }))).rejects.toMatchObject({
      code: 'engine/quantize',
      message: 'the eager engine has no products with int8 weights',
    });
    expect(existsSync(at('refused'))).toBe(false);
  });
});

describe('instructions and text', () => {
  const jsonl = (name: string, rows: readonly object[]) => {
    writeFileSync(at(name), rows.map((row) => JSON.stringify(row)).join('\n'));
    return at(name);
  };

  test('a follower of instructions is trained on the completions alone, and stops after its answer', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => ({
      prompt: `${i % 4} is `,
      completion: ['a', 'b', 'c', 'd'][i % 4]!,
    }));
    const values = { ...small, maxIters: 80, learningRate: 0.02, dropout: 0, evalInterval: 40, valSplit: 0 };
    const events = await run(jsonl('letters.jsonl', rows), 'letters', values);
    expect(of(events, 'start')[0]!.task).toBe('instruct');
    expect(of(events, 'done')[0]!.trainLoss).toBeLessThan(0.3);
    const { sample } = await import('../generate/sample.js');
    const layers = [{ name: 'flag', values: { greedy: true, maxNewTokens: 10 } }];
    const texts = await collect(sample({ run: at('letters'), prompt: '2 is ', layers }));
    expect(texts.at(-1)).toMatchObject({ event: 'sample', text: 'c', finish: 'eos' });
    expect(of(events, 'notice').map(({ message }) => message)).toContainEqual(expect.stringContaining('--prompt'));
    const result = (await collect(evaluate({ run: at('letters'), inputs: [at('letters.jsonl')] }))).at(
      -1,
    ) as ResultEvent;
    expect(result).toMatchObject({ examples: 24, tokens: 48 });
    expect(result.perplexity).toBeLessThan(1.4);
  });

  test('rows without an answer left are reported and never make the loss NaN (mlx-lm#1355)', async () => {
    const rows = [
      { prompt: 'x'.repeat(500), completion: 'y' },
      { prompt: 'q', completion: ' ' },
      ...Array.from({ length: 6 }, (_, i) => ({ prompt: `n${i} `, completion: 'z' })),
    ];
    const events = await run(jsonl('masked.jsonl', rows), 'masked', {
      ...small,
      maxIters: 3,
      logInterval: 1,
      batchSize: 2,
    });
    for (const { loss } of of(events, 'step')) expect(Number.isFinite(loss)).toBe(true);
    const warnings = of(events, 'notice').filter(({ level }) => level === 'warning');
    expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringContaining('prompt is cut'));
    expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringContaining('skipped'));
  });

  test('plain text continues from a checkpoint, and each token but the first is a target', async () => {
    writeFileSync(at('more.txt'), 'the wind was warm and the sun was wet. '.repeat(20));
    const events = await run(at('more.txt'), 'more', { from: at('book'), maxIters: 4, batchSize: 4, logInterval: 1 });
    expect(of(events, 'start')[0]).toMatchObject({ task: 'text', vocabSize: expect.any(Number) });
    expect(of(events, 'done')[0]!.valLoss).toBeLessThan(of(events, 'step')[0]!.loss);
  });

  test('wrong columns are an error that lists what is there', async () => {
    const failure = await run(jsonl('odd.jsonl', [{ txt: 'a', lable: 'b' }]), 'odd', small).catch((error) => error);
    expect(failure).toBeInstanceOf(GptError);
    expect(failure.message).toContain('"txt"');
    expect(failure.message).toContain('"lable"');
  });
});
