import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadLayer } from './files.js';
import { resolve } from './resolve.js';
import { resumeConfig } from './resume.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-old-runs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { optimizer: _, matrixLrScale, nsSteps, momentum, ...before } = resolve('pretrain').values;

test('a run from before there was a choice of optimizers is resumed with AdamW', () => {
  expect(resumeConfig('pretrain', before, 'runs/a', []).values).toMatchObject({ optimizer: 'adamw' });
  const muon = [{ name: 'flag', values: { optimizer: 'muon' } }];
  expect(() => resumeConfig('pretrain', before, 'runs/a', muon)).toThrow(
    'optimizer is adamw in runs/a and cannot become muon',
  );
});

test('a run that names its optimizer keeps it', () => {
  const saved = { ...before, optimizer: 'muon' };
  expect(resumeConfig('pretrain', saved, 'runs/a', []).values.optimizer).toBe('muon');
});

test("an old run's config.json as settings of a new one has AdamW; a person's own file has the default", () => {
  const [run, own] = [join(folder, 'config.json'), join(folder, 'own.json')];
  writeFileSync(run, JSON.stringify({ command: 'pretrain', config: before }));
  writeFileSync(own, JSON.stringify({ nLayer: 2 }));
  expect(resolve('pretrain', [loadLayer(run)]).values.optimizer).toBe('adamw');
  expect(resolve('pretrain', [loadLayer(own)]).values.optimizer).toBe('muon');
});
