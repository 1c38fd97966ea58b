// Quality after a time: bits per byte of the whole held-out tenth of a text after each of several budgets. Ours is
// `pretrain --max-time` alone, each budget a run of its own with its whole schedule; the peer is nanoGPT's recipe for a CPU in
// PyTorch, eager, each number of steps a run of its own. Runs take turns. Seconds are those of the whole command: start, tokenizer,
// compilation and saving are in them, the measurement is not. `--chart` writes docs/quality.json, which `npm run chart` draws.
// node bench/quality-curve.js --text FILE [--budgets 15s,30s,60s,90s,5m] [--peer-steps 500,1000,2000] [--threads 2]
//   [--flags="--backend onnx"] [--results FILE]
import { execFileSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';

const { values: options } = parseArgs({
  options: {
    text: { type: 'string' },
    budgets: { type: 'string', default: '15s,30s,60s,90s,5m' },
    'peer-steps': { type: 'string', default: '' },
    threads: { type: 'string', default: '2' },
    flags: { type: 'string', default: '' },
    results: { type: 'string' },
  },
});
if (options.text === undefined) fail('name a text with --text');
requireBuilt();
const listed = (text) => text.split(',').filter(Boolean);
const [budgets, peerSteps] = [listed(options.budgets), listed(options['peer-steps'])];
if (peerSteps.length > 0) requirePython('torch');

const folder = temporaryFolder('quality');
const characters = readFileSync(options.text, 'utf8');
const cut = Math.floor(characters.length * 0.9);
const heldOut = join(folder, 'held-out.txt');
writeFileSync(heldOut, characters.slice(cut));

function program(...args) {
  const words = [join(root, 'bin', 'gpt-cli.js'), ...args, '--threads', options.threads, '--json'];
  return execFileSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 })
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The held-out tenth is the run's own: `pretrain` holds the last tenth out, learns nothing from it and keeps the best by it. */
function ours(budget) {
  const out = join(folder, 'run');
  const began = performance.now();
  const events = program(
    'pretrain',
    options.text,
    '--max-time',
    budget,
    ...listed(options.flags.replaceAll(' ', ',')),
    '-o',
    out,
    '--overwrite',
  );
  const seconds = (performance.now() - began) / 1000;
  const { iter } = events.at(-1);
  const last = program('eval', join(out, 'last'), heldOut).at(-1).bitsPerByte;
  const best = program('eval', join(out, 'best'), heldOut).at(-1).bitsPerByte;
  return { who: 'gpt-cli', budget, steps: iter, seconds, bitsPerByte: last, best };
}

function peer(steps) {
  const script = join(root, 'bench', 'peers', 'nanogpt.py');
  const flags = ['--text', options.text, '--steps', steps, '--threads', options.threads];
  const began = performance.now();
  const { measuring, bitsPerByte } = JSON.parse(linesOf(python, [script, ...flags], options.threads).at(-1));
  const seconds = (performance.now() - began) / 1000 - measuring;
  return { who: 'PyTorch, nanoGPT', steps: Number(steps), seconds, bitsPerByte };
}

function show(result) {
  const line = JSON.stringify({ ...result, load: Number(loadavg()[0].toFixed(1)) });
  console.log(line);
  if (options.results) appendFileSync(options.results, `${line}\n`);
}

for (let turn = 0; turn < Math.max(budgets.length, peerSteps.length); turn++) {
  if (turn < budgets.length) show(ours(budgets[turn]));
  if (turn < peerSteps.length) show(peer(peerSteps[turn]));
}
