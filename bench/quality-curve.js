// Quality after a time: bits per byte of the whole held-out tenth of a text after each of several budgets. Ours is
// `pretrain --max-time` alone, each budget a run of its own with its whole schedule; the peer is nanoGPT's recipe for a CPU in
// PyTorch, eager, each number of steps a run of its own. Runs take turns. Seconds are those of the whole command: start, tokenizer,
// compilation and saving are in them, the measurement is not. scripts/quality-chart.js draws them from docs/quality.json.
// node bench/quality-curve.js --text FILE [--budgets 15s,30s,60s,90s,5m] [--peer-steps 500,1000,2000] [--threads 2]
//   [--flags="--backend onnx"] [--results FILE]
import { appendFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, requireBuilt, requirePython, temporaryFolder } from './inputs/common.js';
import { flagsOf, nanoGpt, program, splitText } from './inputs/quality.js';

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

const { text, threads, flags } = options;
const folder = temporaryFolder('quality');
const { heldOut } = splitText(text, folder);

/** The held-out tenth is the run's own: `pretrain` holds the last tenth out, learns nothing from it and keeps the best by it. */
function ours(budget) {
  const out = join(folder, 'run');
  const run = ['--max-time', budget, ...flagsOf(flags), '-o', out, '--overwrite'];
  const { seconds, last } = program(threads, 'pretrain', text, ...run);
  const bitsOf = (kind) => program(threads, 'eval', join(out, kind), heldOut).last.bitsPerByte;
  return { who: 'gpt-cli', budget, steps: last.iter, seconds, bitsPerByte: bitsOf('last'), best: bitsOf('best') };
}

function show(result) {
  const line = JSON.stringify({ ...result, load: Number(loadavg()[0].toFixed(1)) });
  console.log(line);
  if (options.results) appendFileSync(options.results, `${line}\n`);
}

for (let turn = 0; turn < Math.max(budgets.length, peerSteps.length); turn++) {
  if (turn < budgets.length) show(ours(budgets[turn]));
  if (turn < peerSteps.length) show(nanoGpt({ text, steps: peerSteps[turn], threads }));
}
