// Packs the package, installs it outside the repository and uses it as a stranger would: the commands, the library from
// JavaScript, its types from TypeScript, the entries for tfjs users beside tfjs. Needs the npm registry for the dependencies.
// `--keep` leaves the folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
// Of which onnxruntime's WebAssembly for exported pages is 3.7 MB, compressed.
const largest = { packed: 5_700_000, unpacked: 14_500_000 };
const helpLimit = 200; // ms

const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-pack-'));
const away = join(folder, 'consumer');
mkdirSync(away);

/** Runs a program to its end; its output. A failure shows what it printed. */
function run(program, args, options = {}) {
  try {
    return execFileSync(program, args, { cwd: away, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], ...options });
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ''}${error.stderr ?? ''}`);
    throw new Error(`${program} ${args.join(' ')} ended with ${error.status ?? error.signal}`);
  }
}

function check(holds, fact) {
  if (!holds) throw new Error(`not so: ${fact}`);
  console.log(`ok: ${fact}`);
}

const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;

function pack() {
  // Not left to "prepack": with ignore-scripts in .npmrc npm does not run it.
  run(process.execPath, [join(root, 'scripts', 'build.js')], { cwd: root });
  // npm prints what the prepack script prints first; the JSON starts at the first line that is "[" or "{".
  const printed = run('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root });
  const parsed = JSON.parse(printed.slice(printed.search(/^[[{]/m)));
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths = packed.files.map(({ path }) => path);
  console.log(
    `${packed.filename}: ${kB(packed.size)} packed, ${kB(packed.unpackedSize)} unpacked, ${paths.length} files`,
  );
  check(packed.size <= largest.packed, `the package is at most ${kB(largest.packed)}`);
  check(packed.unpackedSize <= largest.unpacked, `unpacked at most ${kB(largest.unpacked)}`);
  const needed = ['bin/gpt-cli.js', 'dist/cli.js', 'dist/index.js', 'dist/types/index.d.ts', 'data/stories.txt'];
  needed.push('dist/browser/page.js', 'dist/browser/style.css', 'dist/browser/runtime.wasm.gz');
  needed.push('dist/jit.js', 'dist/layers.js', 'dist/types/jit/index.d.ts', 'dist/types/layers/index.d.ts');
  for (const path of [...needed, 'README.md', 'LICENSE', 'CHANGELOG.md', 'package.json', 'configs/char-tiny.json']) {
    check(paths.includes(path), `it has ${path}`);
  }
  const strange = paths.filter(
    (path) =>
      /^(src|test|bench|scripts|docs|runs|node_modules|dist\/test)\/|\.map$|\.test\./.test(path) ||
      (path.endsWith('.ts') && !path.endsWith('.d.ts')),
  );
  check(strange.length === 0, `it has no sources, tests or maps${strange.map((path) => ` (${path})`).join('')}`);
  return join(folder, packed.filename);
}

function install(...packages) {
  writeFileSync(join(away, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run('npm', ['install', ...packages, '--ignore-scripts', '--no-audit', '--no-fund']);
}

const gpt = (...args) => run('npx', ['--no-install', 'gpt-cli', ...args]);

/** The shortest of ten runs of Node with these arguments, in milliseconds. */
function fastest(...args) {
  const times = Array.from({ length: 10 }, () => {
    const began = performance.now();
    run(process.execPath, args);
    return performance.now() - began;
  });
  return Math.min(...times);
}

function useCommands() {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  check(gpt('--version').trim() === version, `--version is ${version}`);
  check(/pretrain/.test(gpt('--help')), '--help names pretrain');
  const bare = fastest('-e', '0');
  const help = fastest('node_modules/gpt-cli/bin/gpt-cli.js', '--help');
  // On a busy machine Node alone takes long: then three times that.
  check(
    help < Math.max(helpLimit, 3 * bare),
    `--help answers in ${help.toFixed(0)} ms (node alone ${bare.toFixed(0)})`,
  );

  const lines = Array.from(
    { length: 200 },
    (_, i) => `${i} bottles stand on the wall, and ${i + 1} are in the hall.\n`,
  );
  writeFileSync(join(away, 'bottles.txt'), lines.join(''));
  const small = ['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16', '--batch-size', '4'];
  const out = ['--max-iters', '5', '--tokenizer', 'char', '-o', 'runs/bottles', '--json'];
  const events = gpt('pretrain', 'bottles.txt', ...small, ...out)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const done = events.find(({ event }) => event === 'done');
  check(
    done?.iter === 5 && Number.isFinite(done.valLoss),
    `pretrain takes 5 steps (loss ${done?.valLoss?.toFixed(3)})`,
  );
  const sample = JSON.parse(gpt('sample', 'runs/bottles', '--prompt', '9 bottles', '--max-new-tokens', '20', '--json'));
  check(sample.event === 'sample' && sample.tokens.length > 0, 'sample writes tokens');
}

const consumer = `
import { generate, loadCheckpoint, pretrain } from 'gpt-cli';

const values = { tokenizer: 'char', nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 16, batchSize: 4, maxIters: 3 };
let loss = Number.NaN;
for await (const event of pretrain({ inputs: ['bottles.txt'], out: 'runs/library', layers: [{ name: 'options', values }] })) {
  if (event.event === 'done') loss = event.valLoss;
}
const model = await loadCheckpoint('runs/library');
let text = '';
for await (const event of generate(model, '9 bottles', { maxNewTokens: 10, seed: 1 })) {
  if (event.kind === 'piece') text += event.text;
}
await model.close();
console.log(JSON.stringify({ loss, text }));
`;

/** Compiles TypeScript files in the folder, strictly. */
function compile(files, options = {}) {
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
    ...options,
  };
  writeFileSync(join(away, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.']);
}

function useLibrary() {
  writeFileSync(join(away, 'consumer.ts'), consumer);
  compile(['consumer.ts']);
  check(true, 'a strict TypeScript program that imports the library compiles, its declarations checked too');
  const printed = JSON.parse(run(process.execPath, ['consumer.js']).trim().split('\n').at(-1));
  check(
    printed.loss > 0 && printed.text.length > 0,
    `the program trains and generates (loss ${printed.loss.toFixed(3)})`,
  );
}

/** Fails to compile where types are looser or stricter than they should be. */
const typed = `
import * as tf from '@tensorflow/tfjs';
import { GptError, type Jitted, jit } from 'gpt-cli/jit';
import { asLayersModel, Block } from 'gpt-cli/layers';

const step = await jit(
  ({ x, ys: [y] }, rate) => ({ sum: tf.sum(tf.mul(tf.add(x, y), rate)), x }),
  [{ x: { shape: [2, 3] }, ys: [{ shape: [3], dtype: 'float32' }] }, { shape: [] }],
  { backend: 'onnx', threads: 1 },
);
const given = { x: tf.ones([2, 3]), ys: [Float32Array.of(1, 2, 3)] } as const;
const { sum, x } = await step(given, 2);
const matrix: tf.Tensor2D = x;
console.log(sum.dataSync()[0], matrix.shape);
// @ts-expect-error two arguments
await step(given).catch((error: unknown) => console.log(error instanceof GptError && error.code));
// @ts-expect-error a string is no tensor
await step(given, 'x').catch((error: unknown) => console.log(error instanceof GptError && error.code));
// @ts-expect-error a matrix is given for a vector
await jit((v: tf.Tensor1D) => tf.neg(v), [{ shape: [2, 2] }]).then((made) => made.dispose());
const sizes: number[] = [4];
const anyRank = await jit((v: tf.Tensor1D) => tf.neg(v), [{ shape: sizes }], { threads: 1 });
console.log((await anyRank(tf.ones(sizes))).shape);
const layer: tf.layers.Layer = new Block({ nHead: 2, nEmbd: 4, bias: true, dropout: 0, epsilon: 1e-5, place: 1 });
const open: (path: string) => Promise<tf.LayersModel> = asLayersModel;
const jitted: Jitted<readonly [{ shape: number[] }], tf.Tensor> = anyRank;
console.log(layer.getClassName(), typeof open, typeof jitted.dispose);
`;

/** The programs of docs/library.md, and types, with the program's own tfjs. */
function useWithTfjs(tarball) {
  const missing = "import('gpt-cli/jit').then(() => 0, (error) => console.log(error.code, error.message))";
  const printed = run(process.execPath, ['-e', missing]);
  check(/ERR_MODULE_NOT_FOUND .*@tensorflow\/tfjs/.test(printed), 'without tfjs gpt-cli/jit names what is missing');
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  install(tarball, `@tensorflow/tfjs@${devDependencies['@tensorflow/tfjs']}`);
  const page = readFileSync(join(root, 'docs', 'library.md'), 'utf8');
  const programs = [...page.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) =>
    code.replaceAll("'runs/book'", "'runs/bottles'"),
  );
  const files = [typed, ...programs].map((code, i) => {
    writeFileSync(join(away, `tfjs${i}.ts`), code);
    return `tfjs${i}.ts`;
  });
  compile(files, { lib: ['es2023', 'dom'], skipLibCheck: true }); // tfjs' own declarations do not check
  check(true, `${files.length} strict TypeScript programs that use gpt-cli/jit and gpt-cli/layers with tfjs compile`);
  const outputs = files.map((file) => run(process.execPath, [file.replace('.ts', '.js')]));
  check(/^36 \[ 2, 3 \]\njit\/input\njit\/input\n/m.test(outputs[0]), 'jit computes on the tfjs of the program');
  check(/accuracy (9\d|100)\./.test(outputs.join('')), 'the spirals of docs/library.md are learned');
  check(/\[ 1, 3, \d+ \]/.test(outputs.join('')), 'a run folder opens as a layers model');
}

try {
  const tarball = pack();
  install(tarball);
  useCommands();
  useLibrary();
  useWithTfjs(tarball);
  console.log('pack-test passed');
} finally {
  if (process.argv.includes('--keep')) console.log(`left in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
