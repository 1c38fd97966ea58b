// Speed of finetuning a classifier and of labelling with it, beside transformers: the same checkpoint, batch and texts,
// the two programs in turns; the result is the median of the rounds' ratios.
// node bench/finetune-speed.js [--data DIR] [--threads 1] [--rounds 5] [--steps 100] [--rows 2000] [--backend NAME]
//   [--peer longest,buckets] [--work train,classify] [--n-layer 4 --n-embd 128 --vocab-size 4096] [--json]
// The peer needs a virtual environment with torch and transformers: GPT_CLI_VENV, or .venv.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { dataFolder, writeSubset } from './inputs/labelled.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '100' },
    rows: { type: 'string', default: '2000' },
    backend: { type: 'string', default: 'onnx' },
    peer: { type: 'string', default: 'longest,buckets' },
    work: { type: 'string', default: 'train,classify' },
    'n-layer': { type: 'string', default: '4' },
    'n-embd': { type: 'string', default: '128' },
    'vocab-size': { type: 'string', default: '4096' },
    json: { type: 'boolean', default: false },
  },
});

requirePython('torch and transformers');
requireBuilt();
const folder = temporaryFolder();

const batch = 32;
const warmup = 5;
const rows = writeSubset(dataFolder(options.data), 'sst2', join(folder, 'rows'), { size: options.rows, seed: 1 });
const file = join(rows, 'train.tsv');

const run = (program, args) => linesOf(program, args, options.threads);

function finetune(out, flags) {
  const quiet = ['--eval-interval', 1e6, '--save-interval', 1e6, '--log-interval', 1e6, '--eval-iters', 1];
  const same = ['--batch-size', batch, '--lm-coef', 0, '--threads', options.threads, '--backend', options.backend];
  // The training rows alone, so that the evaluation at the end is short.
  const args = ['finetune', file, '-o', join(folder, out), '--overwrite', '--json', '--val-split', 0.01];
  const lines = run(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args, ...same, ...quiet, ...flags]);
  return lines.map((line) => JSON.parse(line));
}

/** Sentences a second in steps, from the events of a run. */
function train() {
  const events = finetune('run', ['--from', base, '--max-iters', Number(options.steps) + warmup]);
  const { tokens, examples, parameters } = events.find(({ event }) => event === 'start');
  const { tokensPerSecond } = events.find(({ event }) => event === 'done');
  return { sentencesPerSecond: (tokensPerSecond * examples.train) / tokens.train, parameters };
}

/** From the first text to the last label: reading, tokenization and the compiling of programs included. */
function classify() {
  const script = `
    import { classify } from ${JSON.stringify(join(root, 'dist', 'index.js'))};
    const layers = [{ name: 'flag', values: { threads: ${options.threads}, backend: '${options.backend}' } }];
    let began, count = 0;
    const input = { file: ${JSON.stringify(file)} };
    for await (const { event } of classify({ run: ${JSON.stringify(base)}, input, layers })) {
      if (event === 'phase') began ??= performance.now();
      if (event === 'class') count++;
    }
    console.log(JSON.stringify({ sentencesPerSecond: (1000 * count) / (performance.now() - began) }));`;
  return JSON.parse(run(process.execPath, ['--input-type=module', '-e', script]).at(-1));
}

function theirs(work, peer) {
  const args = ['--model', base, '--rows', file, '--work', work, '--batch', batch, '--threads', options.threads];
  const steps = ['--steps', options.steps, '--warmup', warmup];
  const buckets = peer === 'buckets' ? ['--buckets'] : [];
  return JSON.parse(run(python, [join(root, 'bench', 'peers', 'finetune.py'), ...args, ...steps, ...buckets]).at(-1));
}

const say = (text) => options.json || console.log(text);

const shape = ['n-layer', 'n-embd', 'vocab-size'].flatMap((name) => [`--${name}`, options[name]]);
finetune('base', [...shape, '--n-head', 4, '--block-size', 64, '--max-iters', 1]);
const base = join(folder, 'base', 'last');

for (const work of options.work.split(',')) {
  for (const peer of work === 'train' ? options.peer.split(',') : ['longest']) {
    const seen = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      const mine = work === 'train' ? train() : classify();
      const other = theirs(work, peer);
      if (mine.parameters !== undefined && mine.parameters !== other.parameters) {
        fail(`${mine.parameters} parameters here, ${other.parameters} in the peer`);
      }
      seen.push({ mine, other, ratio: mine.sentencesPerSecond / other.sentencesPerSecond });
      const speeds = `gpt-cli ${mine.sentencesPerSecond.toFixed(0)}, transformers (${peer}) ${other.sentencesPerSecond.toFixed(0)} sentences/s`;
      say(`${work}, ${options.threads} thread(s), round ${round}: ${speeds}, ratio ${seen.at(-1).ratio.toFixed(2)}`);
    }
    const result = {
      work,
      peer,
      threads: Number(options.threads),
      backend: options.backend,
      sentencesPerSecond: median(seen.map(({ mine }) => mine.sentencesPerSecond)),
      peerSentencesPerSecond: median(seen.map(({ other }) => other.sentencesPerSecond)),
      ratios: seen.map(({ ratio }) => ratio),
      ratio: median(seen.map(({ ratio }) => ratio)),
    };
    if (options.json) console.log(JSON.stringify(result));
    say(`${work}: ${result.ratio.toFixed(2)} times transformers (${peer}), median of ${options.rounds}`);
  }
}
