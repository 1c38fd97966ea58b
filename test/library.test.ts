// The entries for tfjs users, as built: the code on docs/library.md, and several copies of tfjs in one program.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { events, run, someText, workspace } from './program.js';

const { path, write } = workspace();
const root = join(__dirname, '..');
const page = readFileSync(join(root, 'docs', 'library.md'), 'utf8');
const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!);

beforeAll(async () => {
  mkdirSync(path('node_modules'));
  symlinkSync(root, path('node_modules/gpt-cli'), 'junction');
  symlinkSync(join(root, 'node_modules', '@tensorflow'), path('node_modules/@tensorflow'), 'junction');
  const text = write('book.txt', someText(400));
  const shape = ['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16', '--max-iters', '2'];
  const flags = ['--tokenizer', 'char', '--threads', '1', '--json', '-o', path('runs/book')];
  expect(events(await run(['pretrain', text, ...shape, ...flags])).at(-1)).toMatchObject({ event: 'done' });
});

/** Runs TypeScript as a module in the folder of the test; its output, without tfjs' greeting. */
function runTypescript(name: string, code: string) {
  const esbuild = createRequire(__filename).resolve('esbuild/bin/esbuild');
  const javascript = execFileSync(process.execPath, [esbuild, '--loader=ts', '--format=esm'], {
    input: code,
    encoding: 'utf8',
  });
  const file = write(`${name}.mjs`, javascript);
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', cwd: dirname(file), env });
  const greeting = /\n=+\nHi, looks like you are running TensorFlow\.js in Node\.js[\s\S]*?\n=+\n/;
  return { status, stdout, stderr: stderr.replace(greeting, '').trim() };
}

const block = (words: string) => programs.find((code) => code.includes(words))!;

test('the page has three programs', () => {
  expect(programs).toHaveLength(3);
});

test('the spirals are learned, and the page shows what is printed', () => {
  const { status, stdout, stderr } = runTypescript('spirals', block('spiral'));
  expect([status, stderr]).toEqual([0, '']);
  expect(stdout).toMatch(/^step 100 {2}loss [\d.]+\n[\s\S]*accuracy [\d.]+ %\n$/);
  expect(Number(/accuracy ([\d.]+)/.exec(stdout)![1])).toBeGreaterThan(98);
  const losses = (text: string) => [...text.matchAll(/step \d+ {2}loss ([\d.]+)$/gm)].map(([, loss]) => Number(loss));
  expect(losses(page)).toHaveLength(4);
  expect(losses(stdout)).toHaveLength(4);
  expect(Math.abs(losses(stdout)[0]! - losses(page)[0]!)).toBeLessThan(0.1);
});

test('a run folder predicts as a layers model, and the layers stand on their own', () => {
  const model = runTypescript('model', block('asLayersModel'));
  expect([model.status, model.stderr]).toEqual([0, '']);
  expect(model.stdout).toMatch(/\[ 1, 3, \d+ \]/);
  const tagger = runTypescript('tagger', block('tagger'));
  expect([tagger.status, tagger.stderr]).toEqual([0, '']);
  expect(tagger.stdout).toContain('[ null, 16, 5 ]');
});

const entries: Record<string, string> = {
  tf: '@tensorflow/tfjs',
  main: 'gpt-cli',
  jit: 'gpt-cli/jit',
  layers: 'gpt-cli/layers',
};

test.each(['tf jit layers main', 'main tf layers jit', 'jit main layers tf', 'layers main jit tf'])(
  'all entries work together without a word, loaded in the order %s',
  (order) => {
    const imports = order.split(' ').map((name) => `const ${name} = await import(${JSON.stringify(entries[name])});`);
    const program = `
      ${imports.join('\n')}
      await tf.setBackend('cpu');
      const w = tf.variable(tf.tensor1d([1, 2]));
      const step = await jit.jit((x) => (w.assign(tf.add(w, x)), tf.grad((a) => tf.sum(tf.square(a)))(w)), [{ shape: [2] }]);
      const gradient = await step(tf.tensor1d([3, 4]));
      const values = { threads: 1, maxNewTokens: 3 };
      for (const backend of ['onnx', 'eager']) {
        const model = await main.loadCheckpoint('runs/book', { backend, threads: 1 });
        await model.complete('a', { maxNewTokens: 3 });
        await model.close();
      }
      const model = await layers.asLayersModel('runs/book');
      const fromModel = await jit.jit((ids) => model.predict(ids), [{ shape: [1, 3], dtype: 'int32' }]);
      const ids = tf.tensor2d([[1, 2, 3]], [1, 3], 'int32');
      const [a, b] = [model.predict(ids).dataSync(), (await fromModel(ids)).dataSync()];
      console.log(JSON.stringify({
        gradient: gradient.arraySync(),
        w: w.arraySync(),
        isVariable: w instanceof tf.Variable,
        backend: tf.getBackend(),
        far: Math.max(...a.map((value, i) => Math.abs(value - b[i]))),
      }));
    `;
    const { status, stdout, stderr } = runTypescript(`order-${order.replaceAll(' ', '-')}`, program);
    expect([status, stderr]).toEqual([0, '']);
    const { far, ...rest } = JSON.parse(stdout.trim().split('\n').at(-1)!);
    expect(rest).toEqual({ gradient: [8, 12], w: [4, 6], isVariable: true, backend: 'cpu' });
    expect(far).toBeLessThan(1e-5);
  },
);
