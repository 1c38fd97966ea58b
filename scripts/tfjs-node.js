// Shows that `--backend eager` runs on @tensorflow/tfjs-node-gpu where it is installed: installs it into a folder outside
// the repository, compiles its binding against the library that `gpt-cli setup tensorflow` keeps, and compares the losses
// of some steps with those of the plain CPU backend. Needs npm's registry, g++ and a built dist/. `--keep` leaves the folder.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'gpt-cli.js');
const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-tfjs-node-'));
const binding = join(folder, 'node_modules', '@tensorflow', 'tfjs-node-gpu');
const largest = 1e-4;

const run = (command, args, env = {}) =>
  execFileSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
const events = (text) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

function check(holds, fact) {
  if (!holds) throw new Error(`not so: ${fact}`);
  console.log(`ok: ${fact}`);
}

/** The folder of TensorFlow's library; set up if it is not there. */
function tensorflow() {
  const { version, folder } = events(run(process.execPath, [program, 'setup', 'tensorflow', '--json'])).at(-1);
  console.log(`TensorFlow ${version}`);
  return folder;
}

/** The package's own sources, unpatched, as its binding.gyp compiles them. */
function compile(library) {
  const packages = ['@tensorflow/tfjs-node-gpu@4.22.0', 'node-api-headers@1'];
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  run('npm', ['install', '--ignore-scripts', '--silent', '--no-audit', '--no-fund', ...packages]);
  const target = join(binding, 'lib', 'napi-v8');
  mkdirSync(target, { recursive: true });
  const include = [binding, join(folder, 'node_modules', 'node-api-headers', 'include'), join(library, 'include')];
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map((file) => join(binding, 'binding', file));
  const libraries = [
    '-L',
    library,
    '-l:libtensorflow_cc.so.2',
    '-l:libtensorflow_framework.so.2',
    `-Wl,-rpath,${library}`,
  ];
  const flags = ['-std=c++17', '-O2', '-fPIC', '-shared', '-DNAPI_VERSION=8', ...include.map((path) => `-I${path}`)];
  run(process.env.CXX ?? 'g++', [...flags, ...sources, '-o', join(target, 'tfjs_binding.node'), ...libraries]);
}

/** Writes which shared libraries a process had loaded when it ended. */
const witness = `process.on('exit', () => require('node:fs').writeFileSync(process.env.WITNESS,
  JSON.stringify(process.report.getReport().sharedObjects)));`;

function losses(device, dropout) {
  const shape = ['--n-layer', '2', '--n-head', '2', '--n-embd', '32', '--block-size', '32', '--batch-size', '4'];
  const more = [
    '--tokenizer',
    'char',
    '--dropout',
    String(dropout),
    '--max-iters',
    '10',
    '--log-interval',
    '1',
    '--eval-iters',
    '1',
  ];
  const out = ['-o', join(folder, 'run'), '--overwrite', '--json'];
  const seen = join(folder, 'libraries.json');
  const env = { NODE_OPTIONS: `--require ${join(folder, 'witness.cjs')}`, WITNESS: seen };
  const text = join(root, 'data', 'stories.txt');
  const lines = run(
    process.execPath,
    [program, 'pretrain', text, '--backend', 'eager', '--device', device, ...shape, ...more, ...out],
    env,
  );
  return {
    losses: events(lines)
      .filter(({ event }) => event === 'step')
      .map(({ loss }) => loss),
    native: JSON.parse(readFileSync(seen, 'utf8')).some((path) => path.endsWith('tfjs_binding.node')),
  };
}

try {
  writeFileSync(join(folder, 'witness.cjs'), witness);
  compile(tensorflow());
  check(existsSync(join(binding, 'lib', 'napi-v8', 'tfjs_binding.node')), 'the binding compiles');
  for (const dropout of [0, 0.1]) {
    const native = losses('auto', dropout);
    const plain = losses('cpu', dropout);
    check(native.native && !plain.native, '--device auto runs on tfjs-node-gpu, --device cpu does not');
    const apart = Math.max(...native.losses.map((loss, i) => Math.abs(loss - plain.losses[i])));
    check(
      native.losses.length === 10 && apart <= largest,
      `with dropout ${dropout} ten losses are at most ${apart.toExponential(1)} apart (${native.losses.at(-1).toFixed(4)})`,
    );
  }
} finally {
  if (process.argv.includes('--keep')) console.log(`left in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
