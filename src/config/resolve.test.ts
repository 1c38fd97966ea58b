import { loadLayer, presetNames } from './files.js';
import { type Layer, resolve } from './resolve.js';
import type { ConfigCommand } from './setting.js';

const flag = (values: Record<string, unknown>): Layer => ({ name: 'flag', values });
const file = (values: Record<string, unknown>): Layer => ({ name: 'my.json', values });
const failure = (layers: Layer[], command: ConfigCommand = 'pretrain') => {
  try {
    resolve(command, layers);
    return 'no error';
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return hint ? `${message} (${hint})` : message;
  }
};

test('flags win over files, later files over earlier ones, all over the defaults', () => {
  const { values, sources } = resolve('pretrain', [
    { name: 'char-tiny', values: { nLayer: 1, nHead: 1, nEmbd: 8 } },
    file({ nLayer: 2, nHead: 2 }),
    flag({ nLayer: 3 }),
  ]);
  expect(values).toMatchObject({ nLayer: 3, nHead: 2, nEmbd: 8, blockSize: 128 });
  expect(sources).toMatchObject({ nLayer: 'flag', nHead: 'my.json', nEmbd: 'char-tiny', blockSize: 'default' });
});

test('the result is frozen', () => {
  const { values, sources } = resolve('pretrain');
  expect(Object.isFrozen(values) && Object.isFrozen(sources)).toBe(true);
});

test('what is resolved resolves to itself', () => {
  for (const command of ['pretrain', 'finetune', 'sample', 'eval', 'classify'] as const) {
    const { values } = resolve(command);
    expect(resolve(command, [file({ ...values })]).values).toEqual(values);
    expect(resolve(command, [file(JSON.parse(JSON.stringify(values)))]).values).toEqual(values);
  }
});

test.each([
  [{}, { minLr: 3e-4, warmupIters: 100, saveInterval: 250, maxIters: 2000, epochs: null, maxTime: null }],
  [{ learningRate: 0.003 }, { minLr: 0.0003 }],
  [
    { learningRate: 0.003, lrSchedule: 'wsd' },
    { minLr: 0, decayFraction: 0.2 },
  ],
  [{ maxIters: 50 }, { warmupIters: 5 }],
  [{ maxIters: 3 }, { warmupIters: 0 }],
  [{ epochs: 2 }, { maxIters: null, epochs: 2, warmupIters: null }],
  [{ maxTime: 60 }, { maxIters: null, maxTime: 60, warmupIters: null }],
  [{ maxTime: '1h30m' }, { maxIters: null, maxTime: 5400 }],
  [{ maxTime: 90 }, { maxTime: 90 }],
  [{ evalInterval: 40 }, { saveInterval: 40 }],
  [{ saveInterval: 7 }, { saveInterval: 7 }],
])('%j makes %j', (given, expected) => {
  expect(resolve('pretrain', [flag(given)]).values).toMatchObject(expected);
});

test('a budget in a higher layer replaces that of a lower one', () => {
  const { values } = resolve('pretrain', [file({ maxIters: 5000 }), flag({ epochs: 1 })]);
  expect(values).toMatchObject({ maxIters: null, epochs: 1 });
});

test('finetune has defaults of its own', () => {
  expect(resolve('finetune').values).toMatchObject({ epochs: 3, maxIters: null, lmCoef: 0.5, dropout: 0.1 });
  expect(resolve('finetune', [flag({ maxIters: 10 })]).values).toMatchObject({ epochs: null, maxIters: 10 });
  expect(resolve('finetune', [flag({ from: 'runs/a', loraRank: 4 })]).values.loraAlpha).toBe(8);
});

test.each<[Record<string, unknown>, string]>([
  [{ nLayer: 'x' }, '"n-layer" must be a whole number from 1 to 1024, got "x"'],
  [{ nLayer: 0 }, '"n-layer" must be a whole number from 1 to 1024, got 0'],
  [{ nLayer: 2.5 }, '"n-layer" must be a whole number from 1 to 1024, got 2.5'],
  [{ maxIters: -3 }, '"max-iters" must be a whole number from 1 to 1000000000, got -3'],
  [{ epochs: 1e99 }, '"epochs" must be a number above 0 and at most 1000000, got 1e+99'],
  [{ batchSize: Number.POSITIVE_INFINITY }, '"batch-size" must be a whole number from 1 to 65536, got Infinity'],
  [{ dropout: 1 }, '"dropout" must be a number of at least 0 and below 1, got 1'],
  [{ learningRate: 0 }, '"learning-rate" must be a number above 0 and at most 10, got 0'],
  [{ lrSchedule: 'cos' }, '"lr-schedule" must be one of cosine, linear, wsd, constant, got "cos"'],
  [{ bias: 'yes' }, '"bias" must be true or false, got "yes"'],
  [{ maxTime: '10 parsecs' }, '"max-time" must be a time above 0 such as 90s, 10m or 1h30m, got "10 parsecs"'],
  [{ tokenizer: '' }, '"tokenizer" must be a text that is not empty, got ""'],
  [{ maxIters: 5, epochs: 1 }, 'only one of --max-iters and --epochs can be given (omit --epochs)'],
  [{ nEmbd: 130 }, 'n-embd (130) is not divisible by n-head (4) (try --n-embd 128, or --n-head 2)'],
  [{ nEmbd: 6, nHead: 8 }, 'n-embd (6) is not divisible by n-head (8) (try --n-embd 256, or --n-head 6)'],
  [
    { nEmbd: 12, position: 'rope' },
    'rope needs an even head width, but n-embd / n-head is 3 (try --n-embd 16, or --position learned)',
  ],
  [{ minLr: 0.01 }, 'min-lr (0.01) is above learning-rate (0.003) (try --min-lr 0.0003)'],
  [{ warmupIters: 99, maxIters: 10 }, 'warmup-iters (99) is above max-iters (10) (try --warmup-iters 1)'],
  [
    { decayFraction: 0.4 },
    'decay-fraction (0.4) has no effect: lr-schedule is cosine (leave it out, or choose --lr-schedule wsd)',
  ],
  [
    { optimizer: 'adamw', nsSteps: 3 },
    '--ns-steps has no effect: the optimizer is adamw (leave it out, or choose --optimizer muon)',
  ],
  [{ tokenizer: 'char', vocabSize: 300 }, 'vocab-size (300) is for --tokenizer bpe, not char (leave vocab-size out)'],
  [
    { nEmbd: 65536, nLayer: 1024 },
    'n-layer 1024, n-embd 65536, vocab-size 2048, block-size 128 make about 52,777 billion parameters (at most 20 billion are allowed; GPT-2 XL has 1.5)',
  ],
  [
    { init: 'runs/a', nLayer: 2 },
    'n-layer (2) comes from --init runs/a (omit --n-layer, or train from scratch without --init)',
  ],
])('pretrain with the flags %j is refused: %s', (values, message) => {
  expect(failure([flag(values)])).toBe(message);
});

test.each<[Record<string, unknown>, string]>([
  [{ nLayers: 4 }, 'unknown key "nLayers" in my.json (did you mean "nLayer"?)'],
  [{ n_head: 4 }, 'unknown key "n_head" in my.json (did you mean "nHead"?)'],
  [{ banana: 4 }, 'unknown key "banana" in my.json (gpt-cli config schema lists all)'],
  [{ nLayer: '4' }, '"nLayer" in my.json must be a whole number from 1 to 1024, got "4"'],
  [{ nLayer: null }, '"nLayer" in my.json must be a whole number from 1 to 1024, got null'],
  [{ nLayer: [4] }, '"nLayer" in my.json must be a whole number from 1 to 1024, got [4]'],
  [{ loraRank: 4 }, '"loraRank" in my.json is no setting of pretrain (it belongs to finetune)'],
  [{ maxIters: 5, maxTime: '1m' }, 'only one of "maxIters" and "maxTime" can be given in my.json (omit "maxTime")'],
  [{ toString: 1 }, 'unknown key "toString" in my.json (gpt-cli config schema lists all)'],
])('pretrain with the file %j is refused: %s', (values, message) => {
  expect(failure([file(values)])).toBe(message);
});

test.each<[Record<string, unknown>, string]>([
  [
    { freeze: 2 },
    'freeze (2) without --from would keep random weights (name a checkpoint with --from, or omit --freeze)',
  ],
  [
    { loraRank: 8 },
    'lora-rank (8) without --from would keep random weights (name a checkpoint with --from, or omit --lora-rank)',
  ],
  [{ from: 'runs/a', loraAlpha: 8 }, 'lora-alpha (8) has no effect without lora-rank (try --lora-rank 8)'],
  [
    { from: 'runs/a', blockSize: 64 },
    'block-size (64) comes from --from runs/a (omit --block-size, or train from scratch without --from)',
  ],
])('finetune with the flags %j is refused: %s', (values, message) => {
  expect(failure([flag(values)], 'finetune')).toBe(message);
});

test.each([
  [{ temperature: -1 }, '"temperature" must be a number of at least 0, got -1'],
  [{ topP: 0 }, '"top-p" must be a number above 0 and at most 1, got 0'],
  [{ stop: [''] }, '"stop" must be a list of texts that are not empty, got [""]'],
])('sample with the flags %j is refused: %s', (values, message) => {
  expect(failure([flag(values)], 'sample')).toBe(message);
});

test('every preset resolves, and states only what differs from the defaults', () => {
  expect(presetNames()).toEqual(
    expect.arrayContaining([
      'char-tiny',
      'gpt2',
      'gpt2-large',
      'gpt2-medium',
      'gpt2-xl',
      'shakespeare-char',
      'small-bpe',
    ]),
  );
  for (const name of presetNames()) {
    const layer = loadLayer(name);
    const command = name === 'demo-moods' ? 'finetune' : 'pretrain';
    const defaults = resolve(command).values as unknown as Record<string, unknown>;
    expect(resolve(command, [layer]).sources).toMatchObject({});
    expect(layer.values['$comment']).toMatch(/\w/);
    for (const [key, value] of Object.entries(layer.values)) {
      if (!key.startsWith('$')) expect({ name, key, value }).not.toEqual({ name, key, value: defaults[key] });
    }
    const reasons = Object.keys((layer.values['$reasons'] as object | undefined) ?? {});
    expect(reasons.filter((key) => !(key in layer.values))).toEqual([]);
  }
});

test('pretraining has Muon, finetuning AdamW, and so have the presets that were measured with it', () => {
  expect(resolve('pretrain').values.optimizer).toBe('muon');
  expect(resolve('finetune').values.optimizer).toBe('adamw');
  const presets = presetNames().filter((name) => name !== 'demo-moods');
  const withMuon = presets.filter((name) => resolve('pretrain', [loadLayer(name)]).values.optimizer === 'muon');
  expect(withMuon).toEqual(['small-bpe']);
});

test("char-tiny is nanoGPT's CPU recipe", () => {
  expect(resolve('pretrain', [loadLayer('char-tiny')]).values).toMatchObject({
    optimizer: 'adamw',
    nLayer: 4,
    nHead: 4,
    nEmbd: 128,
    blockSize: 64,
    batchSize: 12,
    maxIters: 2000,
    dropout: 0,
    learningRate: 1e-3,
    minLr: 1e-4,
    beta2: 0.99,
    warmupIters: 100,
    tokenizer: 'char',
    evalIters: 20,
    evalInterval: 250,
  });
});

describe('the family of a model that is chosen for the time of a run', () => {
  const resolved = (values: object) => resolve('pretrain', [{ name: 'flag', values: { maxTime: 60, ...values } }]);

  test('is the best, and its settings can be given', () => {
    for (const values of [{}, { slidingWindow: 16 }, { nKvHead: 2 }, { ropeTheta: 500 }, { headDim: 16 }])
      expect(resolved(values)).toMatchObject({ open: true, values: { arch: 'qwen3' }, sources: { arch: 'derived' } });
  });

  test('is GPT-2 where only a GPT-2 has what is given, and the one that is given', () => {
    expect(resolved({ position: 'rope' }).values.arch).toBe('gpt2');
    expect(resolved({ arch: 'llama', slidingWindow: 16 }).values.arch).toBe('llama');
    expect(resolved({ nLayer: 2, nEmbd: 64 }).values.arch).toBe('gpt2');
    expect(() => resolved({ position: 'rope', slidingWindow: 16 })).toThrow('the model family is gpt2');
  });
});
