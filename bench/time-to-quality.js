// Time to quality: seconds from the command to a model that needs at most so many bits per byte of the whole held-out tenth of a
// text. Ours is the recipe for a minute (inputs/recipes.js) at several lengths, each a run with its whole schedule; the
// shortest that reaches the target counts. The peer is nanoGPT's recipe for a CPU in PyTorch, eager. Rounds take turns, with one
// seed a round. The seconds include start, tokenizer, compilation and saving; the measurement is apart.
// node bench/time-to-quality.js --text FILE [--target 2.75] [--steps 60,80,100,130,160,200] [--peer] [--peer-steps 2000] [--rounds 1]
//   [--threads 2] [--flags FLAGS] [--json]
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, median, requireBuilt, requirePython, temporaryFolder } from './inputs/common.js';
import { flagsOf, nanoGpt, program, splitText } from './inputs/quality.js';
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

const { text, threads, flags } = options;
const folder = temporaryFolder('quality');
const { training, heldOut } = splitText(text, folder);
const target = Number(options.target);

function ours(steps, seed) {
  const out = join(folder, 'run');
  // Nothing is held out of the training text: the held-out tenth is measured afterwards, all of it.
  const quiet = ['--val-split', '0', '--eval-interval', '1000000', '--eval-iters', '1'];
  const recipe = Object.entries(timeToQuality).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const own = [...recipe, '--max-iters', steps, '--seed', String(seed), ...flagsOf(flags)];
  const { seconds } = program(threads, 'pretrain', training, ...own, ...quiet, '-o', out, '--overwrite');
  const { bitsPerByte } = program(threads, 'eval', join(out, 'last'), heldOut).last;
  return { who: 'gpt-cli', steps: Number(steps), seconds, bitsPerByte };
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
  if (options.peer) found.peer.push(show(nanoGpt({ text, steps: options['peer-steps'], threads, seed })).seconds);
}
if (found.ours.length < Number(options.rounds)) console.log(`not every round reached ${target} bits per byte`);
if (found.ours.length > 0) {
  const seconds = median(found.ours);
  const ratio = options.peer ? `, 1/${(median(found.peer) / seconds).toFixed(1)} of the peer's time` : '';
  console.log(`${target} bits per byte after ${seconds.toFixed(1)} s${ratio} (medians)`);
}
