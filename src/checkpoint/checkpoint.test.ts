import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { parameterSpecs } from '../model/registry.js';
import { matrix } from '../optimizer/testing/matrix.js';
import { openCheckpoint, SafetensorsFile, saveCheckpoint, type TensorSource, writeSafetensors } from './index.js';
import { content, MemoryState, stateOf, temporaryFolder, thrown, tiny, trainingState } from './testing/fixtures.js';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder(), ...names);
const json = (...names: string[]) => JSON.parse(readFileSync(at(...names), 'utf8'));

function edit(name: string, change: (value: Record<string, unknown>) => void): void {
  const value = json('last', name);
  change(value);
  writeFileSync(at('last', name), JSON.stringify(value));
}

/** Rewrites model.safetensors of `last` with other tensors. */
async function rewrite(change: (tensors: Map<string, TensorSource>) => void): Promise<void> {
  const path = at('last', 'model.safetensors');
  const file = await SafetensorsFile.open(path);
  const tensors = new Map<string, TensorSource>();
  for (const { name, shape } of file.header.tensors.values()) {
    const values = await file.read(name);
    tensors.set(name, { name, shape, read: () => values });
  }
  await file.close();
  change(tensors);
  const handle = await open(path, 'w');
  await writeSafetensors(handle, [...tensors.values()]);
  await handle.close();
}

const opened = async (path = at('last')) => {
  const checkpoint = await openCheckpoint(path);
  await checkpoint.close();
  return checkpoint;
};

test('a checkpoint is read back bit for bit, optimizer slots and training state included', async () => {
  const saved = content();
  await saveCheckpoint(at('last'), saved);
  const checkpoint = await openCheckpoint(at('last'));
  const state = stateOf(tiny, 99);
  expect(await checkpoint.readInto(state)).toEqual({ nonFinite: [], missing: [] });
  await checkpoint.readSlots(state);
  expect(state.data).toEqual((saved.state as MemoryState).data);
  expect(checkpoint).toMatchObject({ config: tiny, training: trainingState, ignored: [], labels: undefined });
  expect((await checkpoint.loadTokenizer()).encode('né')).toEqual(new Uint32Array([110, 195, 169]));
  await checkpoint.close();
});

test('optimizer slots bear the names of torch, and training_state.json says what trained them', async () => {
  await saveCheckpoint(at('last'), content());
  const file = await SafetensorsFile.open(at('last', 'optimizer.safetensors'));
  const names = parameterSpecs(tiny).map(({ name }) => name);
  expect([...file.header.tensors.keys()]).toEqual([
    ...names.map((name) => `exp_avg.${name}`),
    ...names.map((name) => `exp_avg_sq.${name}`),
  ]);
  await file.close();
  const recorded = { name: 'adamw', settings: { beta1: 0.9, beta2: 0.99 } };
  expect(json('last', 'training_state.json').optimizer).toEqual(recorded);
  expect((await opened(at('last'))).optimizer).toEqual(recorded);
});

test('a checkpoint from before optimizers were recorded holds the moments of AdamW', async () => {
  await saveCheckpoint(at('last'), content());
  edit('training_state.json', (state) => {
    delete state['optimizer'];
  });
  const moments = parameterSpecs(tiny).flatMap(({ name, shape }, i) =>
    ['exp_avg.', 'exp_avg_sq.'].map((prefix, k) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return { name: prefix + name, shape, read: () => new Float32Array(size).fill(2 * i + k) };
    }),
  );
  const handle = await open(at('last', 'optimizer.safetensors'), 'w');
  await writeSafetensors(handle, moments);
  await handle.close();
  const checkpoint = await openCheckpoint(at('last'));
  expect(checkpoint.training).toEqual(trainingState);
  const state = stateOf(tiny, 99);
  await checkpoint.readSlots(state);
  for (const [i, { name }] of parameterSpecs(tiny).entries())
    for (const [k, slot] of ['firstMoment', 'secondMoment'].entries())
      expect(new Set(await state.read(slot, name))).toEqual(new Set([2 * i + k]));
  await checkpoint.close();
});

test('slots of another optimizer are refused by both names; its own come back in their own shapes', async () => {
  const specs = parameterSpecs(tiny);
  const state = new MemoryState(specs, true, 1, matrix);
  const trained = { state, optimizer: { name: 'matrix', settings: {} } };
  await saveCheckpoint(at('last'), content({ state, trained }));
  const checkpoint = await openCheckpoint(at('last'));
  expect(await thrown(checkpoint.readSlots(stateOf(tiny)))).toMatchObject({
    code: 'checkpoint/optimizer',
    message: expect.stringMatching(/last was trained with matrix, not with adamw$/),
    hint: expect.stringContaining('--optimizer matrix'),
  });
  const back = new MemoryState(specs, true, 99, matrix);
  await checkpoint.readSlots(back);
  for (const { name } of specs)
    for (const slot of back.slots(name))
      expect(await back.read(slot.name, name)).toEqual(await state.read(slot.name, name));
  await checkpoint.close();
});

test('a checkpoint has the files of the contract, and those of training only when it is to be resumed', async () => {
  const common = [
    'README.md',
    'config.json',
    'generation_config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ];
  await saveCheckpoint(at('best'), content({ resumable: false }));
  expect(readdirSync(at('best')).sort()).toEqual(common);
  expect((await opened(at('best'))).training).toBeUndefined();
  await saveCheckpoint(at('last'), content());
  expect(readdirSync(at('last')).sort()).toEqual([...common, 'optimizer.safetensors', 'training_state.json'].sort());
});

test('saving the same state twice writes the same bytes', async () => {
  await saveCheckpoint(at('a'), content());
  await saveCheckpoint(at('b'), content());
  for (const name of readdirSync(at('a'))) expect(readFileSync(at('a', name))).toEqual(readFileSync(at('b', name)));
});

test('a model without biases is saved with zero biases for transformers and opened without them', async () => {
  const config = { ...tiny, bias: false };
  await saveCheckpoint(at('last'), content({ config }));
  const file = await SafetensorsFile.open(at('last', 'model.safetensors'));
  expect(await file.read('h.1.mlp.c_fc.bias')).toEqual(new Float32Array(16));
  await file.close();
  const checkpoint = await opened();
  expect(checkpoint.config).toEqual(config);
  expect(checkpoint.specs).toEqual(parameterSpecs(config));
});

test('zero biases that another program trained on become biases', async () => {
  await saveCheckpoint(at('last'), content({ config: { ...tiny, bias: false } }));
  await rewrite((tensors) => {
    tensors.set('ln_f.bias', { name: 'ln_f.bias', shape: [4], read: () => new Float32Array([0, 0, 0.5, 0]) });
  });
  expect((await opened()).config).toMatchObject({ bias: true });
});

test('a sinusoidal model is saved with its table as wpe and opened without it', async () => {
  const config = { ...tiny, position: 'sinusoidal' as const };
  await saveCheckpoint(at('last'), content({ config }));
  expect(json('last', 'config.json')).toMatchObject({ model_type: 'gpt2', gpt_cli: { position: 'sinusoidal' } });
  const file = await SafetensorsFile.open(at('last', 'model.safetensors'));
  expect(file.entry('wpe.weight').shape).toEqual([8, 4]);
  expect((await file.read('wpe.weight')).some((value) => value !== 0)).toBe(true);
  await file.close();
  expect((await opened()).config).toEqual(config);
});

test('a sinusoidal table that another program trained on is a learned one', async () => {
  await saveCheckpoint(at('last'), content({ config: { ...tiny, position: 'sinusoidal' } }));
  await rewrite((tensors) => {
    tensors.set('wpe.weight', { name: 'wpe.weight', shape: [8, 4], read: () => new Float32Array(32).fill(0.5) });
  });
  const checkpoint = await opened();
  expect(checkpoint.config).toMatchObject({ position: 'learned' });
  expect(checkpoint.specs.map(({ name }) => name)).toContain('wpe.weight');
});

test('a model with rotary positions says in its model_type that it is no GPT-2', async () => {
  const config = { ...tiny, position: 'rope' as const };
  await saveCheckpoint(at('last'), content({ config }));
  expect(json('last', 'config.json').model_type).toBe('gpt-cli-rope');
  expect((await opened()).config).toEqual(config);
});

test('a classifier is saved with its head and its labels', async () => {
  const specs = [...parameterSpecs(tiny), { name: 'score.weight', shape: [2, 4], decay: true }];
  const labels = ['sad', 'glad'];
  await saveCheckpoint(at('best'), content({ state: new MemoryState(specs), labels, resumable: false }));
  expect(json('best', 'config.json')).toMatchObject({
    architectures: ['GPT2ForSequenceClassification'],
    id2label: { 0: 'sad', 1: 'glad' },
    label2id: { sad: 0, glad: 1 },
    pad_token_id: 256,
  });
  const checkpoint = await opened(at('best'));
  expect(checkpoint.labels).toEqual(labels);
  expect(checkpoint.specs.at(-1)).toMatchObject({ name: 'score.weight', shape: [2, 4] });
});

test('the tensors of a classifier have the prefix, its head has not', async () => {
  const specs = [...parameterSpecs(tiny), { name: 'score.weight', shape: [2, 4], decay: true }];
  await saveCheckpoint(at('best'), content({ state: new MemoryState(specs), labels: ['a', 'b'], resumable: false }));
  const file = await SafetensorsFile.open(at('best', 'model.safetensors'));
  expect([...file.header.tensors.keys()].filter((name) => !name.startsWith('transformer.'))).toEqual(['score.weight']);
  await file.close();
});

test('a new head may be missing in a checkpoint, any other parameter not', async () => {
  await saveCheckpoint(at('last'), content());
  const checkpoint = await openCheckpoint(at('last'));
  const state = new MemoryState([...parameterSpecs(tiny), { name: 'score.weight', shape: [2, 4], decay: true }]);
  expect(await checkpoint.readInto(state, { optional: ['score.weight'] })).toMatchObject({ missing: ['score.weight'] });
  expect((await thrown(checkpoint.readInto(state))).message).toContain(
    'has no "score.weight"; the model needs it as [2, 4]',
  );
  await checkpoint.close();
});

test('a checkpoint for a model of another size is refused with both shapes', async () => {
  await saveCheckpoint(at('last'), content());
  const checkpoint = await openCheckpoint(at('last'));
  const error = await thrown(checkpoint.readInto(stateOf({ ...tiny, blockSize: 16 })));
  expect(error.message).toContain('"wpe.weight" as [8, 4], expected [16, 4]');
  await checkpoint.close();
});

test('a run folder opens its best checkpoint, the last one when asked or when there is no best', async () => {
  await saveCheckpoint(at('run', 'last'), content({ seed: 1 }));
  expect((await opened(at('run'))).directory).toBe(at('run', 'last'));
  await saveCheckpoint(at('run', 'best'), content({ seed: 2, resumable: false }));
  expect((await opened(at('run'))).directory).toBe(at('run', 'best'));
  const last = await openCheckpoint(at('run'), { prefer: 'last' });
  expect(last.directory).toBe(at('run', 'last'));
  await last.close();
});

test('a checkpoint whose writer died between the two renames is opened where it lies', async () => {
  await saveCheckpoint(at('run', 'last'), content());
  cpSync(at('run', 'last'), at('run', '.last.new'), { recursive: true });
  renameSync(at('run', 'last'), at('run', '.last.old'));
  expect((await opened(at('run'))).training).toEqual(trainingState);
  expect((await opened(at('run', 'last'))).training).toEqual(trainingState);
  expect(readdirSync(at('run')).sort()).toEqual(['.last.new', '.last.old']);
});

test('a checkpoint that is replaced while it is open is read to its end', async () => {
  await saveCheckpoint(at('last'), content({ seed: 1 }));
  const checkpoint = await openCheckpoint(at('last'));
  await saveCheckpoint(at('last'), content({ seed: 2 }));
  expect(await checkpoint.read('wte.weight')).toEqual(await stateOf(tiny, 1).read('parameter', 'wte.weight'));
  await checkpoint.close();
});

test('a checkpoint that is opened while a run saves is never a mixture', async () => {
  const save = (seed: number) =>
    saveCheckpoint(at('run', 'last'), content({ seed, training: { ...trainingState, iter: seed } }));
  await save(1);
  let saving = true;
  const writer = (async () => {
    for (let seed = 2; seed <= 5; seed++) await save(seed);
    saving = false;
  })();
  const seen = new Set<number>();
  while (saving) {
    const checkpoint = await openCheckpoint(at('run'));
    const { iter } = checkpoint.training!;
    expect(await checkpoint.read('ln_f.bias')).toEqual(await stateOf(tiny, iter).read('parameter', 'ln_f.bias'));
    await checkpoint.close();
    seen.add(iter);
  }
  await writer;
  expect(seen.size).toBeGreaterThan(0);
});

test('weights that are no numbers are loaded and reported', async () => {
  const state = stateOf(tiny);
  state.data.get('parameter ln_f.weight')![2] = Number.NaN;
  state.data.get('parameter wte.weight')![7] = Number.NEGATIVE_INFINITY;
  await saveCheckpoint(at('last'), content({ state }));
  const checkpoint = await openCheckpoint(at('last'));
  expect((await checkpoint.readInto(stateOf(tiny))).nonFinite).toEqual(['wte.weight', 'ln_f.weight']);
  await checkpoint.close();
});

test('a losses of NaN in the training state survive', async () => {
  const evaluation = { iter: 10, trainLoss: 1, valLoss: Number.NaN, bitsPerByte: 1 };
  await saveCheckpoint(at('last'), content({ training: { ...trainingState, evaluation } }));
  expect((await opened()).training!.evaluation).toEqual(evaluation);
});

describe('a Hugging Face folder', () => {
  beforeEach(() => saveCheckpoint(at('last'), content({ resumable: false })));

  test('opens with the prefix transformer. and with mask buffers', async () => {
    await rewrite((tensors) => {
      const all = [...tensors.values()];
      tensors.clear();
      for (const source of all) tensors.set(source.name, { ...source, name: `transformer.${source.name}` });
      for (const name of ['transformer.h.0.attn.bias', 'transformer.h.1.attn.masked_bias']) {
        tensors.set(name, { name, shape: [1], read: () => new Float32Array(1) });
      }
    });
    const checkpoint = await openCheckpoint(at('last'));
    expect(await checkpoint.read('wte.weight')).toEqual(await stateOf(tiny).read('parameter', 'wte.weight'));
    expect(checkpoint.ignored).toEqual([]);
    await checkpoint.close();
  });

  test('opens with an lm_head.weight that is the token embedding, and not with another', async () => {
    const wte = await stateOf(tiny).read('parameter', 'wte.weight');
    await rewrite((tensors) =>
      tensors.set('lm_head.weight', { name: 'lm_head.weight', shape: [257, 4], read: () => wte }),
    );
    await opened();
    wte[4 * 200] = 7;
    await rewrite((tensors) =>
      tensors.set('lm_head.weight', { name: 'lm_head.weight', shape: [257, 4], read: () => wte }),
    );
    expect(await thrown(openCheckpoint(at('last')))).toMatchObject({
      code: 'checkpoint/untied',
      message: expect.stringContaining('row 200'),
    });
  });

  test('opens when an unknown tensor lies in it, and says so', async () => {
    await rewrite((tensors) =>
      tensors.set('v_head.weight', { name: 'v_head.weight', shape: [1], read: () => new Float32Array(1) }),
    );
    expect((await opened()).ignored).toEqual(['v_head.weight']);
  });

  test('opens sharded', async () => {
    renameSync(at('last', 'model.safetensors'), at('last', 'model-00001-of-00001.safetensors'));
    const names = parameterSpecs(tiny).map(({ name }) => [name, 'model-00001-of-00001.safetensors']);
    writeFileSync(
      at('last', 'model.safetensors.index.json'),
      JSON.stringify({ weight_map: Object.fromEntries(names) }),
    );
    await opened();
  });

  test.each<[string, (tensors: Map<string, TensorSource>) => void, string]>([
    ['a missing tensor', (t) => t.delete('h.1.ln_2.bias'), 'no "h.1.ln_2.bias"; config.json describes it as [4]'],
    [
      'a wrong shape',
      (t) => t.set('wpe.weight', { name: 'wpe.weight', shape: [9, 4], read: () => new Float32Array(36) }),
      '"wpe.weight" is [9, 4]; config.json describes it as [8, 4]',
    ],
    [
      'a layer too many',
      (t) => t.set('h.2.ln_1.bias', { name: 'h.2.ln_1.bias', shape: [4], read: () => new Float32Array(4) }),
      '"h.2.ln_1.bias", which config.json does not describe',
    ],
    [
      'a tensor twice',
      (t) =>
        t.set('transformer.ln_f.bias', { name: 'transformer.ln_f.bias', shape: [4], read: () => new Float32Array(4) }),
      'both "ln_f.bias" and "transformer.ln_f.bias"',
    ],
  ])('with %s is refused', async (_, change, message) => {
    await rewrite((tensors) => {
      change(tensors);
    });
    expect((await thrown(openCheckpoint(at('last')))).message).toContain(message);
  });
});

describe('a clear error for', () => {
  beforeEach(() => saveCheckpoint(at('last'), content()));

  test('a truncated model, with its sizes', async () => {
    truncateSync(at('last', 'model.safetensors'), 3000);
    expect((await thrown(openCheckpoint(at('last')))).message).toMatch(
      /is truncated: it has 3000 bytes, its header describes \d+/,
    );
  });

  test('truncated optimizer slots', async () => {
    truncateSync(at('last', 'optimizer.safetensors'), 3000);
    const checkpoint = await openCheckpoint(at('last'));
    expect((await thrown(checkpoint.readSlots(stateOf(tiny)))).message).toContain('optimizer.safetensors is truncated');
    await checkpoint.close();
  });

  test('optimizer slots that are asked for and not there', async () => {
    rmSync(at('last', 'optimizer.safetensors'));
    const checkpoint = await openCheckpoint(at('last'));
    expect(await thrown(checkpoint.readSlots(stateOf(tiny)))).toMatchObject({
      code: 'checkpoint/missing',
    });
    await checkpoint.close();
  });

  test('a training state of a newer version, which is left as it is', async () => {
    edit('training_state.json', (state) => {
      state['version'] = 2;
    });
    const before = readFileSync(at('last', 'training_state.json'));
    const error = await thrown(openCheckpoint(at('last')));
    expect(error).toMatchObject({ code: 'checkpoint/training-state', hint: expect.stringContaining('update') });
    expect(readFileSync(at('last', 'training_state.json'))).toEqual(before);
  });

  test.each(['', '{', '[]', 'null', '{"model_type":"gpt2"}'])('a config.json with %j in it', async (text) => {
    writeFileSync(at('last', 'config.json'), text);
    expect((await thrown(openCheckpoint(at('last')))).code).toBe('checkpoint/config');
  });

  test('a training_state.json that is torn', async () => {
    truncateSync(at('last', 'training_state.json'), 100);
    expect((await thrown(openCheckpoint(at('last')))).message).toContain('training_state.json is not JSON');
  });

  test('a folder without config.json', async () => {
    rmSync(at('last', 'config.json'));
    expect((await thrown(openCheckpoint(at('last')))).message).toContain('config.json: no such file');
  });

  test('a path that is not there', async () => {
    expect(await thrown(openCheckpoint(at('nowhere')))).toMatchObject({
      code: 'checkpoint/missing',
      message: `there is no ${at('nowhere')}`,
    });
  });

  test('a file instead of a folder, naming the folder', async () => {
    expect((await thrown(openCheckpoint(at('last', 'model.safetensors')))).hint).toContain(at('last'));
  });

  test('a folder with something else in it, saying what', async () => {
    mkdirSync(at('photos'));
    writeFileSync(at('photos', 'cat.jpg'), '');
    expect((await thrown(openCheckpoint(at('photos')))).message).toContain('holds no checkpoint: it has cat.jpg');
  });

  test('a PyTorch checkpoint, saying how to convert it', async () => {
    mkdirSync(at('old'));
    writeFileSync(at('old', 'pytorch_model.bin'), '');
    expect((await thrown(openCheckpoint(at('old')))).hint).toContain('save_pretrained');
  });
});

test('a save that fails half-way leaves the checkpoint that was there', async () => {
  await saveCheckpoint(at('last'), content({ seed: 1 }));
  const before = readFileSync(at('last', 'model.safetensors'));
  const state = stateOf(tiny, 2);
  let reads = 0;
  const read: typeof state.read = async (kind, name) => {
    if (++reads > 5) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    return stateOf(tiny, 2).read(kind, name);
  };
  const failing = { specs: state.specs, training: true, read };
  expect(await thrown(saveCheckpoint(at('last'), content({ state: failing })))).toMatchObject({
    code: 'checkpoint/disk-full',
  });
  expect(readFileSync(at('last', 'model.safetensors'))).toEqual(before);
  expect(existsSync(at('.last.new'))).toBe(false);
  await opened();
});
