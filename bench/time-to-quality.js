// Time to quality: seconds from the command to a model that needs at most so many bits per byte of the whole held-out tenth of a
// text. Ours is the recipe for a minute (inputs/recipes.js) at several lengths, each a run with its whole schedule; the
// shortest that reaches the target counts. The peer is nanoGPT's recipe for a CPU in PyTorch, eager. Rounds take turns, with one
// seed a round. The seconds include start, tokenizer, compilation and saving; the measurement is apart.
// node bench/time-to-quality.js --text FILE [--target 2.75] [--steps 60,80,100,130,160,200] [--peer] [--peer-steps 2000] [--rounds 1]
//   [--threads 2] [--flags FLAGS] [--json]
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { timeToQuality } from './inputs/recipes.js';

const { values: options } = parseArgs({
  options: {
    text: { type: 'string' },
    target: { type: 'string', default: '2.75' },
    steps: { type: 'string', default: '60,80,100,130,160,200' },
    peer: { type: 'boolean', default: false },
    'peer-steps': { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    flags: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
if (options.text === undefined) fail('name a text with --text');
requireBuilt();
if (options.peer) requirePython('torch');

const folder = temporaryFolder('quality');
const characters = readFileSync(options.text, 'utf8');
const cut = Math.floor(characters.length * 0.9);
const heldOut = join(folder, 'held-out.txt');
const training = join(folder, 'training.txt');
writeFileSync(training, characters.slice(0, cut));
writeFileSync(heldOut, characters.slice(cut));
const target = Number(options.target);

function program(...args) {
  const words = [join(root, 'bin', 'gpt-cli.js'), ...args, '--threads', options.threads, '--json'];
  const began = performance.now();
  const printed = execFileSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return { seconds: (performance.now() - began) / 1000, last: JSON.parse(printed.trim().split('\n').at(-1)) };
}

function ours(steps, seed) {
  const out = join(folder, 'run');
  // Nothing is held out of the training text: the held-out tenth is measured afterwards, all of it.
  const quiet = ['--val-split', '0', '--eval-interval', '1000000', '--eval-iters', '1'];
  const recipe = Object.entries(timeToQuality).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const own = [...recipe, '--max-iters', steps, '--seed', String(seed), ...options.flags.split(' ').filter(Boolean)];
  const { seconds } = program('pretrain', training, ...own, ...quiet, '-o', out, '--overwrite');
  const { bitsPerByte } = program('eval', join(out, 'last'), heldOut).last;
  return { who: 'gpt-cli', steps: Number(steps), seconds, bitsPerByte };
}

function peer(seed) {
  const script = join(root, 'bench', 'peers', 'nanogpt.py');
  const flags = [
    '--text',
    options.text,
    '--steps',
    options['peer-steps'],
    '--threads',
    options.threads,
    '--seed',
    seed,
  ];
  const began = performance.now();
  const { measuring, bitsPerByte } = JSON.parse(linesOf(python, [script, ...flags], options.threads).at(-1));
  const seconds = (performance.now() - began) / 1000 - measuring;
  return { who: 'PyTorch, nanoGPT', steps: Number(options['peer-steps']), seconds, bitsPerByte };
}

function show(result) {
  const load = loadavg()[0].toFixed(1);
  if (options.json) console.log(JSON.stringify({ ...result, load: Number(load) }));
  else {
    const { who, steps, seconds, bitsPerByte } = result;
    console.log(
      `${who}, ${steps} steps: ${seconds.toFixed(1)} s, ${bitsPerByte.toFixed(3)} bits per byte (load ${load})`,
    );
  }
  return result;
}

const found = { ours: [], peer: [] };
for (let round = 0; round < Number(options.rounds); round++) {
  const seed = 1337 + round;
  for (const steps of options.steps.split(',')) {
    const result = show(ours(steps, seed));
    if (result.bitsPerByte > target) continue;
    found.ours.push(result.seconds);
    break;
  }
  if (options.peer) found.peer.push(show(peer(seed)).seconds);
}
if (found.ours.length < Number(options.rounds)) console.log(`not every round reached ${target} bits per byte`);
if (found.ours.length > 0) {
  const seconds = median(found.ours);
  const ratio = options.peer ? `, 1/${(median(found.peer) / seconds).toFixed(1)} of the peer's time` : '';
  console.log(`${target} bits per byte after ${seconds.toFixed(1)} s${ratio} (medians)`);
}
