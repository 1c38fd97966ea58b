// `npm run interruptions -- --count 300 --seed 1`: interrupts tiny runs of pretrain and finetune at random moments (signals,
// kill -9, a closed pipe, a full disk), resumes them until they are done, and compares every byte of their weights, optimizer
// state and best checkpoint with a run that was never interrupted. Also: a run that is overwritten stays byte for byte until the
// new one takes its place, and an evaluation that was printed is in the saved state. Exits with 1 if anything differed, after
// all interruptions. A full disk needs the right to mount a tmpfs (root on Linux); without it that kind is left out.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const program = join(root, 'bin', 'gpt-cli.js');
const { values } = parseArgs({
  options: { count: { type: 'string', default: '300' }, seed: { type: 'string', default: '1' } },
});
const wanted = Number(values.count);
const seed = Number(values.seed);
const work = mkdtempSync(join(tmpdir(), 'gpt-cli-interruptions-'));

/** mulberry32: numbers in [0, 1). */
function randomFrom(state) {
  let a = state | 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const random = randomFrom(seed);
const pick = (list) => list[Math.floor(random() * list.length)];

const words = ['Ada', 'Ben', 'sees', 'likes', 'the', 'red', 'ball', 'a', 'boat', 'old', 'key', 'leaf'];
const line = (n) =>
  Array.from({ length: 6 }, (_, i) => words[(Math.imul(n * 7 + i, 2654435761) >>> 8) % words.length]).join(' ');
const text = join(work, 'text.txt');
writeFileSync(text, Array.from({ length: 1500 }, (_, n) => line(n)).join('.\n'));
const rows = join(work, 'rows.csv');
writeFileSync(
  rows,
  `text,label\n${Array.from({ length: 80 }, (_, n) => `${line(n)} ${n},${n % 3 ? 'yes' : 'no'}`).join('\n')}\n`,
);

const shape = ['--n-layer', '1', '--n-head', '2', '--n-embd', '16', '--block-size', '16', '--threads', '1'];
const pace = ['--eval-interval', '9', '--eval-iters', '2', '--save-interval', '4', '--log-interval', '1'];
const base = join(work, 'base');
const pretrain = [
  ...['pretrain', text, '--tokenizer', 'char', '--batch-size', '4', '--grad-accum', '2', '--dropout', '0.1'],
  ...['--max-iters', '60', ...shape, ...pace],
];
const jobs = {
  pretrain,
  muon: [...pretrain, '--optimizer', 'muon', '--lr-schedule', 'wsd', '--decay-fraction', '0.5'],
  finetune: ['finetune', rows, '--tokenizer', 'byte', '--batch-size', '8', '--max-iters', '40', ...shape, ...pace],
  lora: [
    ...['finetune', rows, '--from', base, '--lora-rank', '2', '--batch-size', '8', '--max-iters', '40'],
    ...['--early-stop', '2', '--learning-rate', '0.03', '--threads', '1', '--dropout', '0.1', ...pace],
  ],
};

const once = ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT'];
const twice = { 'SIGHUP twice': 'SIGHUP', 'SIGTERM twice': 'SIGTERM' }; // from a terminal that closes, from `timeout`
const kinds = ['SIGKILL', 'SIGKILL', ...once, ...Object.keys(twice), 'closed pipe'];
const disk = join(work, 'disk');
mkdirSync(disk);
const mounted =
  process.platform === 'linux' &&
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk], { stdio: 'ignore' }).status === 0;
if (mounted) kinds.push('full disk');
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => process.exit(130));
process.on('exit', () => {
  if (mounted) spawnSync('umount', [disk]);
  rmSync(work, { recursive: true, force: true });
});

/** What of a run must not differ: weights, adapter, optimizer state, best checkpoint. Undefined until there is all of it. */
function bytesOf(out) {
  const needed = ['last/model.safetensors', 'last/optimizer.safetensors', 'best/model.safetensors'];
  if (!needed.every((file) => existsSync(join(out, file)))) return undefined;
  const folders = ['last', 'best', 'stable'].filter((folder) => existsSync(join(out, folder)));
  const files = folders.flatMap((folder) =>
    readdirSync(join(out, folder), { recursive: true }).map((name) => join(folder, name)),
  );
  const tensors = files.filter((file) => file.endsWith('.safetensors')).sort();
  return tensors.map((file) => `${file} ${readFileSync(join(out, file)).toString('base64')}`).join();
}

function run(args, whenStarted) {
  const child = spawn(process.execPath, [program, ...args, '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let err = '';
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stdout.on('error', () => {});
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  whenStarted?.(child);
  return new Promise((done) => child.on('close', (code, signal) => done({ code, signal, err, out })));
}

const problems = [];
const expected = {
  SIGKILL: ({ code, signal }) => signal === 'SIGKILL' || code === 0,
  'closed pipe': ({ code }) => code === 2 || code === 0,
  'full disk': ({ code }) => code === 2 || code === 0,
};
/** Killed by the signal itself: it came before the program could listen, and before it printed anything. */
const bySignal = ({ code, signal, out }) => code === 130 || code === 0 || (signal !== null && out === '');

/** Every file of a folder by name. */
function snapshot(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => !/^\.(lock|new-run)/.test(name));
  return JSON.stringify(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .sort()
      .map((name) => [name, readFileSync(join(folder, name)).toString('base64')]),
  );
}

/** What must hold whenever the process ended: an evaluation that was printed is saved, a run that still stands is whole. */
function* faultsOf(out, ended, old) {
  const printed = [...ended.out.matchAll(/^\{"event":"eval","iter":(\d+)/gm)].map((found) => Number(found[1]));
  const state = join(out, 'last', 'training_state.json');
  if (printed.length > 0) {
    const saved = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')).evaluation?.iter : undefined;
    if (!(saved >= printed.at(-1))) yield `the evaluation of step ${printed.at(-1)} was printed, saved is ${saved}`;
  }
  if (old === undefined || ['.next-run', '.ready-run'].some((name) => existsSync(join(out, name)))) return;
  const config = readFileSync(join(out, 'config.json')).toString('base64');
  if (old.includes(config) && snapshot(out) !== old) yield 'the run that was to be overwritten changed';
}

function fill() {
  const filler = join(disk, 'filler');
  try {
    for (let n = 0; ; n++) writeFileSync(`${filler}${n}`, Buffer.alloc(n === 0 ? 1 << 16 : 1 << 12));
  } catch {
    // Full, as it should be.
  }
}
const empty = () => {
  for (const name of readdirSync(disk)) if (name.startsWith('filler')) rmSync(join(disk, name));
};

const begun = await run(['pretrain', text, '--tokenizer', 'byte', '--max-iters', '2', ...shape, '-o', base]);
if (begun.code !== 0) throw new Error(`the model to finetune was not made: ${begun.err}`);
const whole = {};
const seconds = {};
for (const [name, args] of Object.entries(jobs)) {
  const out = join(work, `whole-${name}`);
  const began = performance.now();
  const { code, err } = await run([...args, '-o', out]);
  if (code !== 0) throw new Error(`the ${name} run that is not interrupted ended with ${code}: ${err}`);
  seconds[name] = (performance.now() - began) / 1000;
  whole[name] = bytesOf(out);
}

const counts = {};
let made = 0;
let finished = 0;
for (let number = 0; made < wanted; number++) {
  const name = pick(Object.keys(jobs));
  const out = join(disk, `run-${number}`);
  const replacing = random() < 0.3; // a finished run is there already, and is overwritten
  let old;
  if (replacing) {
    await run([...jobs[name], '-o', out, '--seed', '7', '--max-iters', '8']);
    old = snapshot(out);
  }
  for (let attempt = 0; ; attempt++) {
    if (attempt > 200) throw new Error(`run ${number} does not come to its end`);
    const started = existsSync(join(out, 'config.json')) && (!replacing || snapshot(out) !== old);
    const args = started ? [jobs[name][0], '--resume', '-o', out] : [...jobs[name], '-o', out, '--overwrite'];
    const kind = made < wanted ? pick(kinds) : undefined;
    const delay = random() * seconds[name] * 1.1;
    let timer;
    const ended = await run(args, (child) => {
      if (kind === undefined) return;
      timer = setTimeout(() => {
        if (kind === 'closed pipe') child.stdout.destroy();
        else if (kind === 'full disk') fill();
        else child.kill(twice[kind] ?? kind);
        if (twice[kind]) setTimeout(() => child.kill(twice[kind]), 10);
      }, delay * 1000);
    });
    clearTimeout(timer);
    empty();
    const where = `run ${number} (${name}), attempt ${attempt}, ${kind ?? 'not interrupted'} after ${delay.toFixed(2)} s`;
    if (kind !== undefined && !(ended.code === 0 && ended.signal === null)) {
      made++;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    for (const fault of faultsOf(out, ended, old)) problems.push(`${where}: ${fault}`);
    const over = ended.signal === (twice[kind] ?? kind) && bytesOf(out) === whole[name]; // it was done, and about to exit
    if ((!over && !(expected[kind] ?? bySignal)(ended)) || /\n {4}at /.test(ended.err)) {
      problems.push(`${where}: exit ${ended.code ?? ended.signal}: ${ended.err.trim().split('\n').at(-1)}`);
    }
    if (ended.code !== 0) continue;
    if (bytesOf(out) === whole[name]) {
      finished++;
      break;
    }
    problems.push(`${where}: the resumed run differs from one that was never interrupted`);
    break;
  }
  rmSync(out, { recursive: true, force: true });
}

const each = Object.entries(counts).map(([kind, count]) => `${count} ${kind}`);
console.log(`seed ${seed}: ${made} interruptions (${each.join(', ')}); ${finished} runs resumed to the same bytes`);
for (const problem of problems) console.log(`problem: ${problem}`);
if (problems.length > 0) process.exitCode = 1;
