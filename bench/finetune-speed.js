// Speed of finetuning a classifier (SST-2), of labelling with it, and of finetuning on instructions (Multi30k), beside
// transformers: the same checkpoint, batch and texts, the two programs in turns; the result is the median of the rounds'
// ratios.
// node bench/finetune-speed.js [--data DIR] [--threads 1] [--rounds 5] [--steps 100] [--rows 2000] [--backend NAME]
//   [--peer longest,buckets] [--work train,classify,instruct] [--n-layer 4 --n-embd 128 --vocab-size 4096] [--json]
//   [--from FOLDER --lora-rank 8 [--precision bf16] [--quantize int8]] a pretrained model with adapters, beside PEFT
// The peer needs a virtual environment with torch and transformers: GPT_CLI_VENV, or .venv.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { dataFolder, rowsOf, writeSubset } from './inputs/labelled.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '100' },
    rows: { type: 'string', default: '2000' },
    backend: { type: 'string', default: 'onnx' },
    peer: { type: 'string', default: 'longest,buckets' },
    work: { type: 'string', default: 'train,classify,instruct' },
    'n-layer': { type: 'string', default: '4' },
    'n-embd': { type: 'string', default: '128' },
    'vocab-size': { type: 'string', default: '4096' },
    batch: { type: 'string', default: '32' },
    from: { type: 'string' },
    'lora-rank': { type: 'string', default: '0' },
    precision: { type: 'string', default: 'auto' },
    quantize: { type: 'string', default: 'auto' },
    json: { type: 'boolean', default: false },
  },
});

requirePython('torch and transformers');
requireBuilt();
const folder = temporaryFolder();

const batch = Number(options.batch);
const warmup = 5;
const data = dataFolder(options.data);
const reviews = join(writeSubset(data, 'sst2', join(folder, 'rows'), { size: options.rows, seed: 1 }), 'train.tsv');
const captions = join(folder, 'captions.jsonl');
const { header, rows: captionRows } = rowsOf(join(data, 'multi30k', 'train.jsonl'));
writeFileSync(captions, [header, ...captionRows].slice(0, Number(options.rows)).join('\n'));

const run = (program, args) => linesOf(program, args, options.threads);

function finetune(file, out, flags) {
  const quiet = ['--eval-interval', 1e6, '--save-interval', 1e6, '--log-interval', 1e6, '--eval-iters', 1];
  const loss = file === reviews ? ['--lm-coef', 0] : [];
  const machine = ['--threads', options.threads, '--backend', options.backend, '--precision', options.precision];
  const same = ['--batch-size', batch, ...loss, ...machine];
  // The training rows alone, so that the evaluation at the end is short.
  const args = ['finetune', file, '-o', join(folder, out), '--overwrite', '--json', '--val-split', 0.01];
  const lines = run(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args, ...same, ...quiet, ...flags]);
  return lines.map((line) => JSON.parse(line));
}

/** Sentences a second in steps, from the events of a run. */
function train(file) {
  const steps = ['--max-iters', Number(options.steps) + warmup];
  const events = finetune(file, 'run', ['--from', options.from ?? baseOf(file), ...adapters, ...steps]);
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
    const input = { file: ${JSON.stringify(reviews)} };
    for await (const { event } of classify({ run: ${JSON.stringify(baseOf(reviews))}, input, layers })) {
      if (event === 'phase') began ??= performance.now();
      if (event === 'class') count++;
    }
    console.log(JSON.stringify({ sentencesPerSecond: (1000 * count) / (performance.now() - began) }));`;
  return JSON.parse(run(process.execPath, ['--input-type=module', '-e', script]).at(-1));
}

function theirs(work, file, peer) {
  const args = [
    '--model',
    baseOf(file),
    '--rows',
    file,
    '--work',
    work,
    '--batch',
    batch,
    '--threads',
    options.threads,
    '--lora-rank',
    options['lora-rank'],
  ];
  const steps = ['--steps', options.steps, '--warmup', warmup];
  const buckets = peer === 'buckets' ? ['--buckets'] : [];
  return JSON.parse(run(python, [join(root, 'bench', 'peers', 'finetune.py'), ...args, ...steps, ...buckets]).at(-1));
}

const say = (text) => options.json || console.log(text);

const shape = ['n-layer', 'n-embd', 'vocab-size'].flatMap((name) => [`--${name}`, options[name]]);
const adapters =
  options['lora-rank'] === '0' ? [] : ['--lora-rank', options['lora-rank'], '--quantize', options.quantize];
const nameOf = (file) => (file === reviews ? 'reviews' : 'captions');
/** What both begin with; adapters begin on the frozen weights of a run, with a row for each new token. */
const baseOf = (file) => join(folder, nameOf(file), adapters.length > 0 ? 'base' : 'last');

for (const work of options.work.split(',')) {
  const file = work === 'instruct' ? captions : reviews;
  if (!existsSync(baseOf(file))) {
    const start = options.from ? ['--from', options.from, ...adapters] : [...shape, '--n-head', 4, '--block-size', 96];
    finetune(file, nameOf(file), [...start, '--max-iters', 1]);
  }
  for (const peer of work === 'classify' ? ['longest'] : options.peer.split(',')) {
    const seen = [];
    for (let round = 1; round <= Number(options.rounds); round++) {
      const mine = work === 'classify' ? classify() : train(file);
      const other = theirs(work, file, peer);
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
