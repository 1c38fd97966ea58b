// Files both ways, and what is said about files that are broken or hold something else. Numbers: formats.test.ts.
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, saveCheckpoint } from '../checkpoint/index.js';
import { content, MemoryState, temporaryFolder, thrown } from '../checkpoint/testing/fixtures.js';
import { type GptConfig, parameterSpecs } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import { byteTokenizer, trainBpeTokenizer, trainCharTokenizer } from '../tokenizer/index.js';
import { exportGguf } from './export.js';
import { importGguf } from './import.js';
import { GgufFile } from './read.js';
import { formatNamed } from './types.js';
import { type Entry, writeGguf } from './write.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder(), name);

async function* documents() {
  for (let i = 0; i < 40; i++) yield { text: `the fox and the hen, ${i} times\n`, endOfDocument: true };
}

/** A checkpoint with random numbers. */
async function saved(config: GptConfig, tokenizer = byteTokenizer(), tokenizerKeys = {}): Promise<string> {
  const whole = { ...config, vocabSize: tokenizer.modelVocabSize };
  const state = new MemoryState(parameterSpecs(whole), false, 5);
  const { training: _, trained: __, ...rest } = content({ resumable: false });
  await saveCheckpoint(at('model'), { ...rest, config: whole, tokenizer, state, tokenizerKeys });
  return at('model');
}

const llama = familyCases['llama, grouped queries, untied']!;

describe.each(Object.entries(familyCases))('%s', (_name, config) => {
  test('an exported F32 file imported again has the same weights, tokenizer and configuration, or is refused', async () => {
    const path = await saved(config);
    const options = { out: at('model.gguf'), type: 'F32' } as const;
    const other = { bias: false, position: 'rope', activation: 1, scaleByBlock: 1, ropeScaling: 1, slidingWindow: 1 };
    const plain = Object.keys(other).every((key) => {
      const value = (config as unknown as Record<string, unknown>)[key];
      return value === undefined || value === true || value === 'learned';
    });
    if (!plain) {
      expect(await thrown(exportGguf(path, options))).toMatchObject({ code: 'export/model' });
      return;
    }
    await exportGguf(path, options);
    await importGguf(at('model.gguf'), { out: at('back') });
    expect(readFileSync(at('back/model.safetensors'))).toEqual(readFileSync(at('model/model.safetensors')));
    const [before, after] = [await openCheckpoint(at('model')), await openCheckpoint(at('back'))];
    expect({ ...after.config, dropout: 0 }).toEqual({ ...before.config, dropout: 0 });
    const text = 'naïve <|endoftext|> 中';
    const ids = [before, after].map(async (each) => Array.from((await each.loadTokenizer()).encode(text)));
    expect(await ids[1]).toEqual(await ids[0]);
    await before.close();
    await after.close();
  });
});

test('a model without biases is exported with zero biases, which GPT-2 has', async () => {
  await exportGguf(await saved(familyCases['gpt2']!), { out: at('a.gguf'), type: 'F16' });
  const file = await GgufFile.open(at('a.gguf'));
  expect(file.tensors.get('blk.0.attn_qkv.bias')).toMatchObject({ shape: [48], format: { name: 'F32' } });
  await file.close();
});

test.each([
  ['F16', ['F16', 'F32']],
  ['Q8_0', ['F16', 'F32', 'Q8_0']], // rows of 16 are no whole blocks of 32
  ['Q4_0', ['F16', 'F32', 'Q4_0']],
] as const)('%s: which tensors are in which format', async (type, expected) => {
  const config = { ...llama, ffnSize: 64 } as GptConfig;
  const { formats, bytes } = await exportGguf(await saved(config), { out: at('a.gguf'), type });
  expect(Object.keys(formats).sort()).toEqual(expected);
  expect(bytes).toBe(statSync(at('a.gguf')).size);
});

test('a sliding window that holds the whole context is exported, being none', async () => {
  await exportGguf(await saved({ ...llama, slidingWindow: 8 } as GptConfig), { out: at('a.gguf'), type: 'F32' });
  await importGguf(at('a.gguf'), { out: at('back') });
  const back = await openCheckpoint(at('back'));
  expect(back.config).toEqual({ ...llama, vocabSize: 257 });
  await back.close();
});

test('a byte-level BPE and a chat template survive', async () => {
  const tokenizer = await trainBpeTokenizer(documents(), { vocabSize: 280 });
  const template = '{{ messages }}';
  await exportGguf(await saved(llama, tokenizer, { chat_template: template }), { out: at('a.gguf'), type: 'F32' });
  expect(await importGguf(at('a.gguf'), { out: at('back') })).toMatchObject({ chat: true });
  const checkpoint = await openCheckpoint(at('back'));
  const again = await checkpoint.loadTokenizer();
  await checkpoint.close();
  const text = 'the fox, 12 hens\n';
  expect(Array.from(again.encode(text))).toEqual(Array.from(tokenizer.encode(text)));
  expect(again.endOfText).toBe(tokenizer.endOfText);
  expect(JSON.parse(readFileSync(at('back/tokenizer_config.json'), 'utf8')).chat_template).toBe(template);
});

test('characters are refused, and nothing is written over', async () => {
  const path = await saved(llama, await trainCharTokenizer(documents()));
  expect(await thrown(exportGguf(path, { out: at('a.gguf'), type: 'F32' }))).toMatchObject({
    code: 'export/tokenizer',
  });
  writeFileSync(at('a.gguf'), 'mine');
  expect(await thrown(exportGguf(path, { out: at('a.gguf'), type: 'F32' }))).toMatchObject({ code: 'export/exists' });
  expect(readFileSync(at('a.gguf'), 'utf8')).toBe('mine');
  expect(await thrown(importGguf(at('a.gguf'), { out: at('model') }))).toMatchObject({ code: 'import/exists' });
});

test('only a checkpoint folder is ever replaced, and only a file by a file', async () => {
  const path = await saved(llama);
  await exportGguf(path, { out: at('deep/er/a.gguf'), type: 'F32' });
  const from = at('deep/er/a.gguf');
  writeFileSync(at('text.txt'), 'mine');
  mkdirSync(at('run'));
  writeFileSync(at('run/log.jsonl'), '{}');
  writeFileSync(at('run/config.json'), '{}');
  for (const out of ['text.txt', 'run'])
    expect(await thrown(importGguf(from, { out: at(out), overwrite: true }))).toMatchObject({ code: 'import/exists' });
  expect(readFileSync(at('text.txt'), 'utf8')).toBe('mine');
  expect(readFileSync(at('run/log.jsonl'), 'utf8')).toBe('{}');
  await importGguf(from, { out: at('model'), overwrite: true });
  for (const out of [at('run'), '', '-'])
    expect(await thrown(exportGguf(path, { out, type: 'F32', overwrite: true }))).toMatchObject({
      code: out === at('run') ? 'files/not-regular' : 'export/out',
    });
  expect(await thrown(importGguf(from, { out: '' }))).toMatchObject({ code: 'import/out' });
});

test('an interrupted import or export writes nothing', async () => {
  const path = await saved(llama);
  await exportGguf(path, { out: at('a.gguf'), type: 'F32' });
  const stopped = AbortSignal.abort();
  expect(await thrown(importGguf(at('a.gguf'), { out: at('back'), signal: stopped }))).toMatchObject({
    code: 'import/interrupted',
  });
  const again = exportGguf(path, { out: at('b.gguf'), type: 'F32', signal: stopped });
  expect(await thrown(again)).toMatchObject({ code: 'export/interrupted' });
  expect(readdirSync(folder()).sort()).toEqual(['a.gguf', 'model']);
});

describe('broken and foreign files', () => {
  const entry = (key: string, value: string | number): Entry => ({
    key,
    type: typeof value === 'string' ? 'string' : 'uint32',
    value,
  });
  const failing = async () => {
    const error = await thrown(importGguf(at('a.gguf'), { out: at('back') }));
    expect(error.message).toContain(at('a.gguf'));
    return error.code;
  };

  test('cut anywhere, the file is said to be incomplete', async () => {
    await exportGguf(await saved(llama), { out: at('a.gguf'), type: 'F32' });
    const { size } = statSync(at('a.gguf'));
    for (const share of [0.999, 0.9, 0.3, 0.05, 0.001]) {
      truncateSync(at('a.gguf'), Math.floor(size * share));
      expect(await failing()).toBe('gguf/format');
    }
  });

  test.each([
    ['empty', Buffer.alloc(0), 'gguf/format'],
    ['text', Buffer.from('hello, this is text'), 'gguf/format'],
    ['version 1', Buffer.from('GGUF\x01\0\0\0'), 'gguf/format'],
    ['big-endian', Buffer.from('GGUF\0\0\0\x03'), 'gguf/format'],
    ['a huge count', Buffer.concat([Buffer.from('GGUF\x03\0\0\0'), Buffer.alloc(16, 255)]), 'gguf/format'],
    ['an LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'), 'files/lfs'],
  ])('%s', async (_, bytes, code) => {
    writeFileSync(at('a.gguf'), bytes);
    expect(await failing()).toBe(code);
  });

  test('an architecture that is not known is named', async () => {
    await writeGguf(at('a.gguf'), [entry('general.architecture', 'mamba')], []);
    const error = await thrown(importGguf(at('a.gguf'), { out: at('back') }));
    expect(error).toMatchObject({ code: 'gguf/metadata', hint: expect.stringContaining('llama') });
    expect(error.message).toContain('mamba');
  });

  test('a number format that is not known, a tensor too few, one too many, one of another shape', async () => {
    const path = await saved(llama);
    await exportGguf(path, { out: at('a.gguf'), type: 'F32' });
    const file = await GgufFile.open(at('a.gguf'));
    const entries = [...file.metadata.values].map(([key, value]): Entry => {
      if (Array.isArray(value))
        return { key, type: { list: typeof value[0] === 'string' ? 'string' : 'int32' }, value };
      if (typeof value === 'boolean') return { key, type: 'bool', value };
      const real = key.includes('epsilon') || key.includes('freq_base');
      return real ? { key, type: 'float32', value } : entry(key, value as string | number);
    });
    const all = [...file.tensors.values()].map(({ name, shape }) => ({
      ...{ name, shape, format: formatNamed('F32')! },
      read: async () => new Float32Array(shape.reduce((a, b) => a * b, 1)),
    }));
    await file.close();
    const last = all.at(-1)!;
    const numbers = async () => new Float32Array(4);
    const stranger = { name: 'stranger.weight', shape: [4], format: formatNamed('F32')!, read: numbers };
    for (const [name, tensors] of [
      [all[1]!.name, all.filter((_, i) => i !== 1)],
      ['stranger.weight', [...all, stranger]],
      [all[2]!.name, all.map((tensor, i) => (i === 2 ? { ...stranger, name: tensor.name } : tensor))],
    ] as const) {
      await writeGguf(at('a.gguf'), entries, tensors);
      const error = await thrown(importGguf(at('a.gguf'), { out: at('back') }));
      expect(error).toMatchObject({ code: 'gguf/tensor' });
      expect(error.message).toContain(name);
    }
    await writeGguf(at('a.gguf'), entries, [{ ...last, format: { ...last.format, id: 99 } }]);
    expect(await failing()).toBe('gguf/type');
    for (const [key, value] of [
      ['llama.rope.freq_base', 0],
      ['llama.attention.layer_norm_rms_epsilon', -1],
      ['llama.logit_scale', 4],
      ['llama.rope.scaling.factor', 4],
      ['llama.attention.value_length', 99],
      ['llama.attention.sliding_window', 7], // of a context of 8
    ] as const) {
      const changed = [...entries.filter((each) => each.key !== key), { key, type: 'float32', value } as const];
      await writeGguf(at('a.gguf'), changed, all);
      expect({ key, code: await failing() }).toEqual({ key, code: 'gguf/metadata' });
    }
    const neutral = [
      ...entries,
      ...[entry('llama.expert_count', 0), entry('llama.rope.scaling.type', 'none')],
      entry('llama.attention.sliding_window', 8),
    ];
    await writeGguf(at('a.gguf'), neutral, all);
    await importGguf(at('a.gguf'), { out: at('neutral') });
    const sentencePiece = entries.map((each) =>
      each.key === 'tokenizer.ggml.model' ? { ...each, value: 'llama' } : each,
    );
    await writeGguf(at('a.gguf'), sentencePiece, all);
    expect(await failing()).toBe('gguf/tokenizer');
  });
});
