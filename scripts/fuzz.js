// `npm run fuzz -- --count 20000 --seed 1`: mutates the files that people and other programs give to gpt-cli, and reads them
// with the readers of scripts/fuzz/readers.ts in a process of their own. Anything but a GptError, more than 5 s, a crash or
// more than 1 GB of memory is a failure: the input is kept, and the exit code is 1.
import { execFileSync, fork } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { mutate, seedMutations } from './fuzz/mutations.js';
import { makeCases } from './fuzz/seeds.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
const seconds = 5;
const memoryLimit = 1e9;

const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'gpt-cli-fuzz-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// The sources as one program, tfjs left out of it where no reader needs it.
const bundle = join(root, 'dist', 'test', 'fuzz-readers.mjs');
const esbuild = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
execFileSync(process.execPath, [
  ...[esbuild, join(root, 'scripts/fuzz/readers.ts'), '--bundle', '--platform=node', '--format=esm'],
  ...['--main-fields=module,main', '--log-level=error', `--outfile=${bundle}`],
  ...['--external:onnxruntime-node', '--external:koffi'],
  "--banner:js=import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
]);

seedMutations(seed);
const cases = makeCases(root, work);

/** The readers' process. What an earlier one says after its end is ignored. */
let child;
let answer = () => {};
function start() {
  const own = fork(bundle, { execArgv: ['--max-old-space-size=1024'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  child = own;
  let err = '';
  own.stderr.on('data', (chunk) => {
    err = (err + chunk).slice(-4000);
  });
  own.on('message', (message) => own === child && answer(message));
  own.on('exit', (code, signal) => own === child && answer({ outcome: 'crash', detail: `${code ?? signal} ${err}` }));
}

function read(reader, path) {
  return new Promise((resolve) => {
    const finish = (message) => {
      clearTimeout(timer);
      answer = () => {};
      resolve(message);
    };
    const timer = setTimeout(() => finish({ outcome: 'hang', detail: `more than ${seconds} s` }), seconds * 1000);
    answer = finish;
    if (!child.connected)
      return finish({ outcome: 'crash', detail: 'the process ended after the input before this one' });
    child.send({ reader, path });
  });
}

/** What `read` finds; more memory than the limit is an outcome of its own. */
async function measured(reader, path) {
  const found = await read(reader, path);
  if (!(found.bytes > memoryLimit)) return found;
  return { outcome: 'memory', detail: `${found.outcome}; ${Math.round(found.bytes / 1e6)} MB` };
}

function restart() {
  const old = child;
  start();
  old.kill('SIGKILL');
}

const outcomes = {};
const failures = [];
start();
await readSeeds();
for (let n = 0; n < count; n++) {
  const chosen = cases[n % cases.length];
  const { path, folder } = place(chosen, mutate);
  let { outcome, detail } = await measured(chosen.reader, path);
  if (outcome === 'hang' || outcome === 'memory') {
    restart(); // garbage of earlier inputs, or a busy machine: it counts if a fresh process needs as much
    ({ outcome, detail } = await measured(chosen.reader, path));
  }
  const key = `${chosen.reader} ${outcome}`;
  outcomes[key] = (outcomes[key] ?? 0) + 1;
  if (outcome === 'read' || outcome === 'refused') continue;
  const kept = mkdtempSync(join(tmpdir(), 'gpt-cli-fuzz-failure-'));
  cpSync(folder, kept, { recursive: true });
  failures.push(
    `input ${n}: ${chosen.reader} of ${chosen.name ?? chosen.file}: ${outcome}: ${String(detail).slice(0, 600)}\n  kept in ${kept}`,
  );
  if (outcome !== 'bug') restart();
}
answer = () => {};
child.kill();

/** Writes a case's files, one of them changed. */
function place({ folder: from, file, name, seed }, change) {
  const folder = join(work, 'input');
  rmSync(folder, { recursive: true, force: true });
  if (from) cpSync(from, folder, { recursive: true });
  else mkdirSync(folder);
  const target = join(folder, file ?? name);
  writeFileSync(target, change(from ? readFileSync(target) : seed, file ?? name));
  return { folder, path: from ? folder : target };
}

/** A seed that is refused would hide the reader behind its first check. */
async function readSeeds() {
  for (const chosen of cases) {
    const { outcome, detail } = await read(chosen.reader, place(chosen, (bytes) => bytes).path);
    if (outcome !== 'read') throw new Error(`${chosen.reader} of ${chosen.name ?? chosen.file}, unchanged: ${detail}`);
  }
}

console.log(`seed ${seed}: ${count} inputs, ${failures.length} failures`);
for (const [key, times] of Object.entries(outcomes).sort()) console.log(`  ${key}: ${times}`);
for (const failure of failures.slice(0, 20)) console.log(failure);
if (failures.length > 0) process.exitCode = 1;
