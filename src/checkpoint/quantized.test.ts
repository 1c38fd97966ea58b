import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parameterSpecs } from '../model/registry.js';
import { dequantize, emptyMatrix, formatOf, quantizeInto, type Scheme } from '../quantization/index.js';
import { openCheckpoint, saveCheckpoint } from './index.js';
import { content, MemoryState, temporaryFolder, thrown, tiny } from './testing/fixtures.js';

const folder = temporaryFolder();
const at = (...names: string[]) => join(folder(), ...names);
const bytes = ({ buffer }: Float32Array) => Buffer.from(buffer).toString('base64');
const config = { ...tiny, nEmbd: 64 };
const save = (scheme: Scheme) =>
  saveCheckpoint(
    at('small'),
    content({ config, state: new MemoryState(parameterSpecs(config)), resumable: false, scheme }),
  );

function editConfig(change: (keys: Record<string, Record<string, unknown>>) => void): void {
  const path = at('small', 'config.json');
  const json = JSON.parse(readFileSync(path, 'utf8'));
  change(json);
  writeFileSync(path, JSON.stringify(json));
}

test.each(['int8', 'int4'] as const)(
  '%s: matrices are read as they were rounded, all else bit for bit',
  async (scheme) => {
    await save(scheme);
    const before = new MemoryState(parameterSpecs(config));
    const checkpoint = await openCheckpoint(at('small'));
    expect(checkpoint.scheme).toBe(scheme);
    for (const spec of checkpoint.specs) {
      const values = await before.read('parameter', spec.name);
      const format = formatOf(spec, scheme);
      if (format) {
        const { bits, outputAxis } = format;
        const matrix = emptyMatrix(spec.shape[outputAxis]!, spec.shape[1 - outputAxis]!, bits);
        quantizeInto(matrix, values, outputAxis);
        expect(bytes(await checkpoint.read(spec.name))).toBe(bytes(dequantize(matrix, outputAxis)));
      } else expect(bytes(await checkpoint.read(spec.name))).toBe(bytes(values));
    }
    await checkpoint.close();
  },
);

test('the file is as small as its bits, and no program finds weights under the usual name', async () => {
  await save('int8');
  const parameters = parameterSpecs(config).reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(statSync(at('small', 'quantized.safetensors')).size).toBeLessThan(1.2 * parameters);
  expect(readdirSync(at('small')).filter((name) => /model|pytorch/.test(name))).toEqual([]);
  expect(JSON.parse(readFileSync(at('small', 'config.json'), 'utf8'))).toMatchObject({
    model_type: 'gpt2',
    gpt_cli_quantization: { version: 1, scheme: 'int8', block_size: 64 },
  });
  expect(readFileSync(at('small', 'README.md'), 'utf8')).toContain('which transformers does not open');
});

test('a later version, another scheme, no scheme, codes of another model: each says what is wrong', async () => {
  await save('int4');
  editConfig((keys) => {
    keys['gpt_cli_quantization']!['version'] = 2;
  });
  expect((await thrown(openCheckpoint(at('small')))).message).toContain(
    'gpt_cli_quantization.version is 2; 1 can be read',
  );
  editConfig((keys) => {
    keys['gpt_cli_quantization'] = { version: 1, scheme: 'int2', block_size: 64 };
  });
  expect((await thrown(openCheckpoint(at('small')))).message).toContain('scheme is "int2"; int8 and int4 can be read');
  editConfig((keys) => {
    keys['gpt_cli_quantization'] = { version: 1, scheme: 'int8', block_size: 64 };
  });
  expect(await thrown(openCheckpoint(at('small')))).toMatchObject({
    code: 'checkpoint/tensor',
    message: '"h.0.attn.c_attn.weight.codes" in quantized.safetensors is U8 [192, 32], expected U8 [192, 64]',
  });
  editConfig((keys) => {
    delete keys['gpt_cli_quantization'];
  });
  expect((await thrown(openCheckpoint(at('small')))).message).toContain('gpt_cli_quantization is missing');
});

test('under the name of float32 weights it is refused, not misread', async () => {
  await save('int8');
  renameSync(at('small', 'quantized.safetensors'), at('small', 'model.safetensors'));
  expect(await thrown(openCheckpoint(at('small')))).toMatchObject({ code: 'checkpoint/tensor' });
});
