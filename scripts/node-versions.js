// Shows that the built program runs on every Node version it promises: `node scripts/node-versions.js [20 22 24]`; where
// TensorFlow's library is, on it as well.
// The versions come from npm (package node-<platform>-<architecture>), into a folder that is removed afterwards.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24'];
const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'gpt-cli.js');
const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-node-'));
const system = process.platform === 'win32' ? 'win' : process.platform;
const binary = join(`node-${system}-${process.arch}`, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

try {
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'A small boat sails. The old key fits. Ada finds a green leaf.\n'.repeat(60));
  const results = new Map();
  for (const version of versions) {
    const prefix = join(folder, version);
    execFileSync('npm', [
      'install',
      '--prefix',
      prefix,
      '--ignore-scripts',
      '--silent',
      `node-${system}-${process.arch}@${version}`,
    ]);
    const node = join(prefix, 'node_modules', binary);
    const run = (...args) =>
      execFileSync(node, [program, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
    const { engines } = JSON.parse(run('doctor', '--json'));
    const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    for (const backend of ['onnx', 'tensorflow']) {
      if (!engines.some((engine) => engine.name === backend && engine.available)) {
        console.log(`${name}: no ${backend} here`);
        continue;
      }
      const out = join(folder, `run-${version}-${backend}`);
      const shape = ['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16', '--batch-size', '4'];
      const how = ['--backend', backend, ...(backend === 'tensorflow' ? ['--jit', 'xla'] : [])];
      const lines = run(
        'pretrain',
        text,
        '-o',
        out,
        '--tokenizer',
        'char',
        ...shape,
        '--max-iters',
        '20',
        ...how,
        '--json',
      );
      const done = lines
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .find(({ event }) => event === 'done');
      const sample = run('sample', out, '--max-new-tokens', '20', '--greedy', '--quiet', '--backend', backend).trim();
      results.set(backend, [...(results.get(backend) ?? []), `${done.valLoss} ${sample}`]);
      console.log(`${name}, ${backend}: validation loss ${done.valLoss}, sample ${JSON.stringify(sample)}`);
    }
  }
  if ([...results.values()].some((seen) => new Set(seen).size > 1)) {
    console.error('the versions do not agree');
    process.exitCode = 1;
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
