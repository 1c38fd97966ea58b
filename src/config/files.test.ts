import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLayer } from './files.js';
import { resolve } from './resolve.js';
import { resumeConfig } from './resume.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (name: string, content: string) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

test('a file may name its schema, a comment and reasons', () => {
  const path = write('a.json', '{"$schema": "x", "$comment": "y", "$reasons": {"nLayer": "z"}, "nLayer": 2}');
  expect(resolve('pretrain', [loadLayer(path)]).values.nLayer).toBe(2);
});

test("of a run's config.json the settings are taken", () => {
  const { values } = resolve('pretrain', [{ name: 'flag', values: { nLayer: 7 } }]);
  const path = write('config.json', JSON.stringify({ config: values, versions: { node: '20' }, commandLine: [] }));
  expect(resolve('pretrain', [loadLayer(path)]).values).toEqual(values);
});

test('a wrong file, a folder and a mistyped preset are errors', () => {
  expect(() => loadLayer('char-tinny')).toThrow(
    expect.objectContaining({ code: 'config/file', hint: 'did you mean char-tiny?' }),
  );
  expect(() => loadLayer(folder)).toThrow(expect.objectContaining({ code: 'config/file' }));
  expect(() => loadLayer(write('list.json', '[1]'))).toThrow('must hold one JSON object of settings');
});

test('a resumed run keeps its settings, and may change its length and learning rate', () => {
  const saved = { ...resolve('pretrain', [{ name: 'flag', values: { nLayer: 7, maxIters: 100 } }]).values };
  const flags = { name: 'flag', values: { maxIters: 500, learningRate: 5e-4, nLayer: 7 } };
  const { values } = resumeConfig('pretrain', JSON.parse(JSON.stringify(saved)), 'runs/a', [flags]);
  expect(values).toMatchObject({ nLayer: 7, maxIters: 500, learningRate: 5e-4 });
  expect(resumeConfig('pretrain', saved, 'runs/a', []).values).toEqual(saved);
});

test('a resumed run cannot change its shape', () => {
  const saved = { ...resolve('pretrain').values };
  expect(() => resumeConfig('pretrain', saved, 'runs/a', [{ name: 'flag', values: { nLayer: 6 } }])).toThrow(
    'n-layer is 4 in runs/a and cannot become 6',
  );
});
