import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { temporaryFolder, thrown } from '../testing/fixtures.js';
import { openSharded, SafetensorsFile, type TensorSource, writeSafetensors } from './index.js';

const folder = temporaryFolder();
const path = () => join(folder(), 'model.safetensors');

async function write(tensors: TensorSource[], at = path()): Promise<Buffer> {
  const handle = await open(at, 'w');
  await writeSafetensors(handle, tensors);
  await handle.close();
  return readFileSync(at);
}

const tensor = (name: string, shape: number[], values: number[]): TensorSource => ({
  name,
  shape,
  read: () => new Float32Array(values),
});

/** A file with any header, right or wrong. */
function build(header: unknown, data: Uint8Array): Buffer {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, data]);
}

async function readFrom(bytes: Uint8Array, name = 'a'): Promise<Float32Array> {
  writeFileSync(path(), bytes);
  const file = await SafetensorsFile.open(path());
  try {
    return await file.read(name);
  } finally {
    await file.close();
  }
}

test('the bytes of a file are those of the format, worked by hand', async () => {
  const bytes = await write([tensor('a', [2], [1, -2])]);
  const json = '{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}   ';
  expect(json.length % 8).toBe(0);
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([json.length, 0, 0, 0, 0, 0, 0, 0]));
  expect(bytes.subarray(8, 8 + json.length).toString()).toBe(json);
  expect(bytes.subarray(8 + json.length)).toEqual(Buffer.from([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]));
});

test('what is written is read back bit for bit, whatever the names and shapes', async () => {
  const shapes = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
  const names = fc.string({ unit: 'binary' }).filter((name) => name !== '__metadata__' && name !== '__proto__');
  const property = fc.asyncProperty(
    fc.dictionary(names, shapes, { maxKeys: 6 }),
    fc.infiniteStream(fc.float()),
    async (table, stream) => {
      const tensors = Object.entries(table).map(([name, shape]) => {
        const values = [...stream.take(shape.reduce((a, b) => a * b, 1))];
        return tensor(name, shape, values);
      });
      await write(tensors);
      const file = await SafetensorsFile.open(path());
      for (const { name, shape, read } of tensors) {
        expect(file.entry(name).shape).toEqual(shape);
        expect(Buffer.from((await file.read(name)).buffer)).toEqual(Buffer.from((await read()).buffer));
      }
      await file.close();
    },
  );
  await fc.assert(property, { numRuns: 20 });
});

test('F16 is read exactly, subnormals, infinities and signed zero included', async () => {
  const halves = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x03ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x8000, 0x3555]);
  const header = { a: { dtype: 'F16', shape: [10], data_offsets: [0, 20] } };
  const values = await readFrom(build(header, new Uint8Array(halves.buffer)));
  expect([...values]).toEqual([
    1,
    -2,
    2 ** -24,
    1023 * 2 ** -24,
    2 ** -14,
    65504,
    Infinity,
    -Infinity,
    -0,
    0.333251953125,
  ]);
  const nan = build({ a: { dtype: 'F16', shape: [1], data_offsets: [0, 2] } }, new Uint8Array([0x01, 0x7e]));
  expect(await readFrom(nan)).toEqual(new Float32Array([Number.NaN]));
});

test('BF16 is read as the upper half of float32', async () => {
  const header = { a: { dtype: 'BF16', shape: [3], data_offsets: [0, 6] } };
  const values = await readFrom(build(header, new Uint8Array([0x80, 0x3f, 0x49, 0xc0, 0x80, 0xff])));
  expect([...values]).toEqual([1, -3.140625, -Infinity]);
});

test('a tensor larger than the buffer it is read through is whole', async () => {
  const count = 9 * 2 ** 20; // 18 MiB as BF16
  const halves = new Uint16Array(count);
  for (let i = 0; i < count; i++) halves[i] = i & 0x3fff;
  const header = { a: { dtype: 'BF16', shape: [count], data_offsets: [0, 2 * count] } };
  const bits = new Uint32Array((await readFrom(build(header, new Uint8Array(halves.buffer)))).buffer);
  expect(bits.length).toBe(count);
  expect(bits.findIndex((value, i) => value !== (i & 0x3fff) << 16)).toBe(-1);
});

test('a file that lacks its end, wherever it was cut, is called truncated with both sizes', async () => {
  const whole = await write([tensor('a', [3], [1, 2, 3]), tensor('b', [2, 2], [4, 5, 6, 7])]);
  for (let length = 0; length < whole.length; length++) {
    writeFileSync(path(), whole.subarray(0, length));
    const { code, message } = await thrown(SafetensorsFile.open(path()));
    expect(code).toBe('checkpoint/safetensors');
    expect(message).toContain(`model.safetensors`);
    expect(message).toMatch(new RegExp(`has ${length} bytes`));
  }
});

test('no flipped byte of a header makes anything but an error or the same sizes', async () => {
  const whole = await write([tensor('a', [3], [1, 2, 3]), tensor('b', [2, 2], [4, 5, 6, 7])]);
  const end = 8 + Number(whole.readBigUInt64LE());
  for (let at = 0; at < end; at++) {
    for (const flip of [0x01, 0x10, 0x80]) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= flip;
      writeFileSync(path(), bytes);
      const file = await SafetensorsFile.open(path()).catch((error) => error);
      if (file instanceof SafetensorsFile) {
        const read = [...file.header.tensors.values()].reduce((sum, entry) => sum + entry.bytes, 0);
        expect(read).toBe(28);
        await file.close();
      } else expect(file.code).toBe('checkpoint/safetensors');
    }
  }
});

const entry = (offsets: unknown, shape: unknown = [1], dtype: unknown = 'F32') => ({
  dtype,
  shape,
  data_offsets: offsets,
});

test.each([
  ['no JSON', '{"a":', 0, 'not JSON'],
  ['no object', '[]', 0, 'not a JSON object'],
  ['overlapping tensors', { a: entry([0, 8], [2]), b: entry([4, 8]) }, 8, '"b" overlaps'],
  ['the same bytes twice', { a: entry([0, 4]), b: entry([0, 4]) }, 4, 'overlaps'],
  ['a gap', { a: entry([0, 4]), b: entry([8, 12]) }, 12, 'gap'],
  ['more bytes than described', { a: entry([0, 4]) }, 9, '5 trailing bytes'],
  ['bytes that do not fit the shape', { a: entry([0, 4], [2]) }, 4, '4 bytes, but F32 [2] needs 8'],
  ['a negative offset', { a: entry([-4, 0]) }, 0, 'impossible data_offsets'],
  ['offsets in the wrong order', { a: entry([4, 0]) }, 4, 'impossible data_offsets'],
  ['an offset no number holds', { a: entry([0, 2 ** 60], [2 ** 58]) }, 0, 'impossible shape'],
  ['a product no number holds', { a: entry([0, 4], [2 ** 40, 2 ** 40]) }, 4, 'needs'],
  ['a fractional shape', { a: entry([0, 4], [0.5]) }, 4, 'impossible shape'],
  ['an unknown dtype', { a: entry([0, 4], [1], 'F12') }, 4, 'unknown dtype ("F12")'],
  ['a dtype from the prototype', { a: entry([0, 4], [1], 'constructor') }, 4, 'unknown dtype'],
  ['no entry', { a: null }, 0, 'no description'],
  ['metadata of numbers', { __metadata__: { step: 3 } }, 0, '__metadata__'],
])('a header with %s is refused', async (_, header, bytes, message) => {
  writeFileSync(path(), build(header, new Uint8Array(bytes)));
  expect((await thrown(SafetensorsFile.open(path()))).message).toContain(message);
});

test('a header of more than 100 MB is not read', async () => {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(100_000_001n);
  writeFileSync(path(), bytes);
  expect((await thrown(SafetensorsFile.open(path()))).message).toContain('100000001');
  bytes.writeBigUInt64LE(2n ** 64n - 1n);
  writeFileSync(path(), bytes);
  expect((await thrown(SafetensorsFile.open(path()))).message).toContain('announces a header');
});

test('a tensor of integers may lie in the file but is not read as numbers', async () => {
  const { code, message } = await thrown(readFrom(build({ a: entry([0, 8], [1], 'I64') }, new Uint8Array(8))));
  expect(code).toBe('checkpoint/dtype');
  expect(message).toContain('I64');
});

// Windows would fill the gap with zeros.
const testSparse = process.platform === 'win32' ? test.skip : test;

testSparse('positions beyond 4 GiB are read from a sparse file', async () => {
  const far = 5 * 2 ** 30;
  const header = { big: entry([0, far], [far / 4]), a: entry([far, far + 8], [2]) };
  const head = build(header, new Uint8Array(0));
  const handle = await open(path(), 'w');
  await handle.write(head, 0, head.length, 0);
  await handle.write(new Uint8Array(new Float32Array([3, 4]).buffer), 0, 8, head.length + far);
  await handle.close();
  const file = await SafetensorsFile.open(path());
  expect([...(await file.read('a'))]).toEqual([3, 4]);
  await file.close();
});

test('tensors in several files are found by the index', async () => {
  await write([tensor('a', [1], [1])], join(folder(), 'one.safetensors'));
  await write([tensor('b', [2], [2, 3])], join(folder(), 'two.safetensors'));
  const index = join(folder(), 'model.safetensors.index.json');
  writeFileSync(index, JSON.stringify({ weight_map: { a: 'one.safetensors', b: 'two.safetensors' } }));
  const files = await openSharded(folder(), index);
  expect([...files.entries.keys()]).toEqual(['a', 'b']);
  expect([...(await files.read('b'))]).toEqual([2, 3]);
  await files.close();
});

test.each([
  ['a missing file', { a: 'three.safetensors' }, 'three.safetensors is missing'],
  ['a tensor that its file lacks', { c: 'one.safetensors' }, 'no tensor "c"'],
  ['a path out of the folder', { a: '../one.safetensors' }, '"../one.safetensors"'],
])('an index with %s is refused', async (_, map, message) => {
  mkdirSync(join(folder(), 'sub'));
  await write([tensor('a', [1], [1])], join(folder(), 'one.safetensors'));
  const index = join(folder(), 'model.safetensors.index.json');
  writeFileSync(index, JSON.stringify({ weight_map: map }));
  expect((await thrown(openSharded(folder(), index))).message).toContain(message);
});
