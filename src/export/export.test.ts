// Exports as files and folders: what is in them, what is refused, and that nothing half-written stays.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openCheckpoint, saveCheckpoint } from '../checkpoint/index.js';
import { bfloat16Of, float16Bits, float16Of } from '../checkpoint/safetensors/dtype.js';
import { content, MemoryState, temporaryFolder, thrown } from '../checkpoint/testing/fixtures.js';
import { loadRuntime } from '../engine/onnx/runtime.js';
import { type GptConfig, headSpec, parameterSpecs } from '../model/registry.js';
import { familyCases } from '../model/testing/families.js';
import { byteTokenizer, trainCharTokenizer } from '../tokenizer/index.js';
import { exportAs } from './export.js';
import { dtypesOf } from './formats.js';

const folder = temporaryFolder();
const at = (name: string) => join(folder(), name);
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const qwen3 = familyCases['qwen3']!;

/** A checkpoint with random numbers. */
async function saved(config: GptConfig = qwen3, labels?: readonly string[], change = (_: MemoryState) => {}) {
  const tokenizer = byteTokenizer();
  const whole = { ...config, vocabSize: tokenizer.modelVocabSize };
  const specs = [...parameterSpecs(whole), ...(labels ? [headSpec(whole, labels.length)] : [])];
  const state = new MemoryState(specs, false, 5);
  change(state);
  const { training: _, trained: __, ...rest } = content({ resumable: false });
  const tokenizerKeys = { chat_template: '{{ messages[0].content }}' };
  await saveCheckpoint(at('model'), {
    ...rest,
    config: whole,
    tokenizer,
    state,
    tokenizerKeys,
    ...(labels && { labels }),
  });
  return at('model');
}

describe('onnx', () => {
  test('the folder has the names that transformers.js and optimum look for, and named sizes', async () => {
    const { files, bytes } = await exportAs(await saved(), { format: 'onnx', out: at('out') });
    const names = ['model.onnx', 'model_fp16.onnx', 'model_q4.onnx', 'model_quantized.onnx'];
    expect(readdirSync(at('out/onnx')).sort()).toEqual(names);
    expect(readdirSync(at('out')).sort()).toEqual(
      ['config.json', 'generation_config.json', 'onnx', 'tokenizer.json', 'tokenizer_config.json'].sort(),
    );
    expect(bytes).toBe(Object.values(files!).reduce((sum, each) => sum + each, 0));
    expect(readJson(at('out/config.json'))).toEqual(readJson(at('model/config.json')));
    expect(readJson(at('out/tokenizer_config.json')).chat_template).toBe('{{ messages[0].content }}');
    const ort = await loadRuntime();
    for (const name of names) {
      const session = await ort.InferenceSession.create(at(`out/onnx/${name}`), { logSeverityLevel: 4 });
      const cache = [0, 1].flatMap((block) => [`${block}.key`, `${block}.value`]);
      const past = cache.map((each) => `past_key_values.${each}`);
      expect(session.inputNames).toEqual(['input_ids', 'attention_mask', 'position_ids', ...past]);
      expect(session.outputNames).toEqual(['logits', ...cache.map((each) => `present.${each}`)]);
      const shapes = [...session.inputMetadata, ...session.outputMetadata].map((each) => [
        each.name,
        'shape' in each ? `${each.type} ${each.shape}` : '',
      ]);
      expect(Object.fromEntries(shapes)).toMatchObject({
        input_ids: 'int64 batch_size,sequence_length',
        attention_mask: 'int64 batch_size,total_sequence_length',
        position_ids: 'int64 batch_size,sequence_length',
        'past_key_values.0.key': 'float32 batch_size,2,past_sequence_length,6',
        logits: 'float32 batch_size,sequence_length,257',
        'present.1.value': 'float32 batch_size,2,total_sequence_length,6',
      });
      await session.release();
    }
  });

  test('--dtype chooses the files, under transformers.js’ names too; a classifier brings its loader', async () => {
    await exportAs(await saved(qwen3, ['x', 'y']), { format: 'onnx', out: at('out'), dtype: 'q4,FP32' });
    expect(readdirSync(at('out/onnx')).sort()).toEqual(['model.onnx', 'model_q4.onnx']);
    expect(readdirSync(at('out'))).toContain('classify.mjs');
    expect(readJson(at('out/config.json')).id2label).toEqual({ 0: 'x', 1: 'y' });
  });

  test('a model of characters without a row for the end of text is padded with its unknown character', async () => {
    const texts = async function* () {
      yield { text: 'abc', endOfDocument: true };
    };
    const tokenizer = await trainCharTokenizer(texts());
    const config = { ...qwen3, vocabSize: tokenizer.modelVocabSize };
    expect(tokenizer.endOfText).toBe(config.vocabSize);
    const state = new MemoryState(parameterSpecs(config), false, 5);
    await saveCheckpoint(at('model'), { config, tokenizer, state });
    await exportAs(at('model'), { format: 'onnx', out: at('out'), dtype: 'f32' });
    expect(readJson(at('out/tokenizer_config.json'))).toMatchObject({
      pad_token: '<|unk|>',
      eos_token: '<|endoftext|>',
    });
  });

  test('a model that transformers.js has not is refused, and so are numbers that float16 cannot hold', async () => {
    const rotary = await saved(familyCases['gpt2, ReLU, untied, rotary']!);
    expect(await thrown(exportAs(rotary, { format: 'onnx', out: at('out') }))).toMatchObject({ code: 'export/model' });
    const large = await saved(qwen3, undefined, (state) => {
      state.data.get('parameter norm.weight')![0] = 1e5;
    });
    const failure = await thrown(exportAs(large, { format: 'onnx', out: at('out') }));
    expect(failure).toMatchObject({ code: 'export/numbers', hint: 'choose another --dtype' });
    expect(failure.message).toBe('"norm.weight" holds 100000, which the file cannot keep');
    expect(existsSync(at('out'))).toBe(false);
    await exportAs(large, { format: 'onnx', out: at('out'), dtype: 'f32' });
  });
});

describe('hf', () => {
  test.each(['f16', 'bf16', 'f32'] as const)('%s: every weight is the nearest number of the format', async (dtype) => {
    const path = await saved();
    await exportAs(path, { format: 'hf', out: at('out'), dtype });
    const names = { f16: 'float16', bf16: 'bfloat16', f32: 'float32' };
    expect(readJson(at('out/config.json')).torch_dtype).toBe(names[dtype]);
    const [before, after] = [await openCheckpoint(path), await openCheckpoint(at('out'))];
    const bits = new Uint32Array(1);
    const float = new Float32Array(bits.buffer);
    const nearest = (value: number) => {
      if (dtype === 'f32') return value;
      bits[0] = dtype === 'f16' ? float16Bits(float16Of(value)) : bfloat16Of(value) << 16;
      return float[0]!;
    };
    for (const { name } of before.specs) expect(await after.read(name)).toEqual((await before.read(name)).map(nearest));
    await before.close();
    await after.close();
  });

  test('keys that other programs wrote into the folder’s files stay', async () => {
    const path = await saved();
    const edit = (name: string, keys: object) =>
      writeFileSync(join(path, name), JSON.stringify({ ...readJson(join(path, name)), ...keys }));
    edit('config.json', { dtype: 'float32', rope_theta: 100, eos_token_id: [256, 3] });
    edit('generation_config.json', { eos_token_id: [256, 3], top_p: 0.9 });
    await exportAs(path, { format: 'hf', out: at('out') });
    expect(readJson(at('out/config.json'))).toMatchObject({ torch_dtype: 'float16', eos_token_id: [256, 3] });
    expect(readJson(at('out/config.json')).dtype).toBeUndefined();
    expect(readJson(at('out/generation_config.json'))).toMatchObject({ eos_token_id: [256, 3], top_p: 0.9 });
  });
});

test('a name of a number format that the format has not is an error with those that it has', async () => {
  expect(dtypesOf('onnx', undefined)).toEqual(['f32', 'f16', 'q8', 'q4']);
  expect(dtypesOf('onnx', 'q8, fp32,q8')).toEqual(['q8', 'f32']);
  expect(dtypesOf('gguf', 'Q8_0')).toEqual(['q8_0']);
  for (const [format, dtype] of [
    ['hf', 'q8'],
    ['onnx', ''],
    ['onnx', 'constructor'],
    ['html', 'f32,q8'],
  ] as const)
    expect(await thrown(() => dtypesOf(format, dtype))).toMatchObject({ code: 'export/dtype' });
  expect((await thrown(() => dtypesOf('hf', 'q8'))).hint).toBe('hf takes f16, bf16, f32');
});

describe.each(['onnx', 'hf', 'html'] as const)('%s', (format) => {
  test('what is there is replaced only with --overwrite, and only if it is an export', async () => {
    const path = await saved();
    const first = { format, out: at('out'), dtype: 'f16' } as const;
    await exportAs(path, first);
    expect(await thrown(exportAs(path, first))).toMatchObject({ code: 'export/exists' });
    await exportAs(path, { ...first, overwrite: true });
    for (const out of ['', '-'])
      expect(await thrown(exportAs(path, { ...first, out }))).toMatchObject({ code: 'export/out' });
    mkdirSync(at('run'));
    writeFileSync(at('run/log.jsonl'), '');
    await saveCheckpoint(at('run/last'), content());
    const ofRun = await thrown(exportAs(path, { ...first, out: at('run/last'), overwrite: true }));
    expect(ofRun.code).toMatch(/^(export\/exists|files\/not-regular)$/);
    expect(existsSync(at('run/last/training_state.json'))).toBe(true);
    mkdirSync(at('things'));
    writeFileSync(at('things/precious'), '');
    const other = await thrown(exportAs(path, { ...first, out: at('things'), overwrite: true }));
    expect(other.code).toMatch(/^(export\/exists|files\/not-regular)$/);
    expect(readdirSync(at('things'))).toEqual(['precious']);
    const onto = await thrown(exportAs(path, { ...first, out: path, overwrite: true }));
    expect(onto.code).toMatch(/^(export\/exists|files\/not-regular)$/);
    expect(existsSync(join(path, 'model.safetensors'))).toBe(true);
  });

  test('an interrupt, NaN in the weights or a quantized checkpoint leaves nothing', async () => {
    const path = await saved();
    const stopped = exportAs(path, { format, out: at('out'), signal: AbortSignal.abort() });
    expect(await thrown(stopped)).toMatchObject({ code: 'export/interrupted' });
    const config = readJson(join(path, 'config.json'));
    writeFileSync(join(path, 'config.json'), JSON.stringify({ ...config, quantization_config: { bits: 8 } }));
    expect(await thrown(exportAs(path, { format, out: at('out') }))).toMatchObject({ code: 'export/quantized' });
    rmSync(path, { recursive: true });
    const broken = await saved(qwen3, undefined, (state) => {
      state.data.get('parameter norm.weight')![0] = Number.NaN;
    });
    expect(await thrown(exportAs(broken, { format, out: at('out') }))).toMatchObject({ code: 'export/numbers' });
    expect(readdirSync(folder())).toEqual(['model']);
  });
});
