// Packs the package, installs it outside the repository and uses it as a stranger would: the commands, the library from
// JavaScript, its types from TypeScript. Needs the npm registry for the dependencies. `--keep` leaves the folder.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const largest = { packed: 2_000_000, unpacked: 10_000_000 };
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

function install(tarball) {
  writeFileSync(join(away, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run('npm', ['install', tarball, '--ignore-scripts', '--no-audit', '--no-fund']);
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

function useLibrary() {
  writeFileSync(join(away, 'consumer.ts'), consumer);
  const compilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2023'],
    module: 'nodenext',
    types: ['node'],
    typeRoots: [join(root, 'node_modules', '@types')],
  };
  writeFileSync(join(away, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', '.']);
  check(true, 'a strict TypeScript program that imports the library compiles, its declarations checked too');
  const printed = JSON.parse(run(process.execPath, ['consumer.js']).trim().split('\n').at(-1));
  check(
    printed.loss > 0 && printed.text.length > 0,
    `the program trains and generates (loss ${printed.loss.toFixed(3)})`,
  );
}

try {
  install(pack());
  useCommands();
  useLibrary();
  console.log('pack-test passed');
} finally {
  if (process.argv.includes('--keep')) console.log(`left in ${folder}`);
  else rmSync(folder, { recursive: true, force: true });
}
