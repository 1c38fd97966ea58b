// Folders as other programs leave them, whole or broken: each is read, or refused soon with an error that names the cause.
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { headSpec, parameterSpecs } from '../model/registry.js';
import { openCheckpoint, SafetensorsFile, saveCheckpoint, writeSafetensors } from './index.js';
import { content, MemoryState, temporaryFolder, thrown, tiny } from './testing/fixtures.js';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder(), 'model', ...names);
const save = () => saveCheckpoint(at(), content());
const edit = (name: string, change: (value: Record<string, unknown>) => void) => {
  const value = JSON.parse(readFileSync(at(name), 'utf8'));
  change(value);
  writeFileSync(at(name), JSON.stringify(value));
};

test.each([
  ['n_layer', 1e9],
  ['n_layer', 4000],
  ['n_embd', 1e12],
  ['vocab_size', 2 ** 53],
  ['n_positions', 1e300],
  ['n_head', -1],
  ['layer_norm_epsilon', 1e9],
])('config.json with %s %d is refused at once', async (key, value) => {
  await save();
  edit('config.json', (config) => {
    config[key] = value;
  });
  const started = performance.now();
  expect((await thrown(openCheckpoint(at()))).code).toMatch(/^checkpoint\/(config|tensor)$/);
  expect(performance.now() - started).toBeLessThan(2000);
});

test.each(['_orig_mod.', 'module.', 'module._orig_mod.', '_orig_mod.transformer.'])(
  'names that begin with %s are those of the model',
  async (prefix) => {
    await save();
    const file = await SafetensorsFile.open(at('model.safetensors'));
    const tensors = [];
    for (const { name, shape } of file.header.tensors.values()) {
      const values = await file.read(name);
      tensors.push({ name: `${prefix}${name}`, shape, read: () => values });
    }
    await file.close();
    const handle = await open(at('model.safetensors'), 'w');
    await writeSafetensors(handle, tensors);
    await handle.close();
    const checkpoint = await openCheckpoint(at());
    expect(checkpoint.specs.map(({ name }) => name)).toEqual(parameterSpecs(tiny).map(({ name }) => name));
    await checkpoint.close();
  },
);

test('a classifier without id2label has the labels that transformers gives by itself', async () => {
  const specs = [...parameterSpecs(tiny), headSpec(tiny, 2)];
  const state = new MemoryState(specs, false);
  await saveCheckpoint(at(), { ...content({ resumable: false }), state, labels: ['LABEL_0', 'LABEL_1'] });
  edit('config.json', (config) => {
    delete config['id2label'];
    delete config['label2id'];
  });
  const checkpoint = await openCheckpoint(at());
  expect(checkpoint.labels).toEqual(['LABEL_0', 'LABEL_1']);
  await checkpoint.close();
});

const set = (key: string, value: unknown) =>
  edit('training_state.json', (state) => {
    state[key] = value;
  });
const lfs = `version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 5\n`;

test.each([
  ['trailing bytes', () => appendFileSync(at('model.safetensors'), 'xyz'), '3 trailing bytes'],
  ['trailing NUL bytes', () => appendFileSync(at('model.safetensors'), Buffer.alloc(16)), '16 trailing bytes'],
  ['a header padded with NUL', () => padHeader(0), 'padded with NUL'],
  ['a Git LFS pointer as weights', () => writeFileSync(at('model.safetensors'), lfs), 'Git LFS pointer'],
  ['a Git LFS pointer as config', () => writeFileSync(at('config.json'), lfs), 'Git LFS pointer'],
  ['a list as config.json', () => writeFileSync(at('config.json'), '[]'), 'not a JSON object'],
  ['a torn config.json', () => writeFileSync(at('config.json'), '{"n_layer":'), 'not JSON'],
  ['a folder as config.json', () => replaceByFolder('config.json'), 'it is a folder'],
  ['a link to itself as config.json', () => replaceByLoop('config.json'), 'symbolic links'],
  ['text in training_state.json', () => set('iter', 'x'), 'iter'],
  ['a number for best', () => set('best', 7), 'best'],
])('%s is an error that names it', async (_, spoil, message) => {
  await save();
  spoil();
  expect((await thrown(openCheckpoint(at()))).message).toContain(message);
});

test('a header padded with blanks is read', async () => {
  await save();
  padHeader(32);
  await (await openCheckpoint(at())).close();
});

test.each([
  ['{"peft_type":"LORA","r":', 'not JSON'],
  ['{"peft_type":"LORA","r":1e300,"lora_alpha":1}', 'r is 1e+300'],
  ['{"peft_type":"LORA","r":8,"lora_alpha":"x"}', 'lora_alpha is "x"'],
  ['null', 'not a JSON object'],
])('adapter_config.json %s is an error that names it', async (text, message) => {
  mkdirSync(at(), { recursive: true });
  writeFileSync(at('adapter_config.json'), text);
  writeFileSync(at('adapter_model.safetensors'), '');
  expect((await thrown(openCheckpoint(at()))).message).toContain(message);
});

const onLinux = process.platform === 'linux' ? test : test.skip;
onLinux('a closed checkpoint holds no file open, and closing twice does nothing', async () => {
  await save();
  const held = () =>
    readdirSync('/proc/self/fd').filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder());
      } catch {
        return false;
      }
    });
  const checkpoint = await openCheckpoint(at());
  expect(held().length).toBeGreaterThan(0);
  await checkpoint.close();
  await checkpoint.close();
  expect(held()).toEqual([]);
});

/** Makes the header of model.safetensors eight bytes longer. */
function padHeader(byte: number): void {
  const bytes = readFileSync(at('model.safetensors'));
  const length = Number(bytes.readBigUInt64LE(0));
  bytes.writeBigUInt64LE(BigInt(length + 8), 0);
  const [head, data] = [bytes.subarray(0, 8 + length), bytes.subarray(8 + length)];
  writeFileSync(at('model.safetensors'), Buffer.concat([head, Buffer.alloc(8, byte), data]));
}

function replaceByFolder(name: string): void {
  remove(name);
  mkdirSync(at(name));
}

function replaceByLoop(name: string): void {
  remove(name);
  symlinkSync(at(name), at(name));
}

function remove(name: string): void {
  rmSync(at(name));
}
