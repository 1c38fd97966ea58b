// What real pretrained weights are worth: a model such as SmolLM2 before and after finetuning with adapters on a few labels, next to
// logistic regression on the words. Rows are prompts that end with the name of the label, and the likelihoods of the names decide.
// Accuracy is over the whole test data, after the last step.
// node bench/pretrained.js --model FOLDER [--data DIR] [--sets sst2,ag_news] [--sizes 500,2000] [--seeds 1] [--before] [--limit N]
//   [--threads 2] [--backend openvino] [--precision bf16] [--quantize none] [--finetune FLAGS] [--work DIR] [--json]
// `--before` also measures the model as it is. A seed draws the rows, the adapters and
// the order. `--limit` takes fewer test rows, for a trial; `--finetune` has flags that differ from the defaults.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, requireBuilt, root, temporaryFolder } from './inputs/common.js';
import { dataFolder, writeSubset } from './inputs/labelled.js';
import { writePrompts } from './inputs/prompts.js';
import { adapters as recipes } from './inputs/recipes.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    sets: { type: 'string', default: 'sst2,ag_news' },
    sizes: { type: 'string', default: '500,2000' },
    seeds: { type: 'string', default: '1' },
    before: { type: 'boolean', default: false },
    limit: { type: 'string' },
    threads: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'auto' },
    precision: { type: 'string', default: 'auto' },
    quantize: { type: 'string', default: 'none' },
    finetune: { type: 'string', default: '' },
    work: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

if (options.model === undefined)
  fail('--model names a pretrained checkpoint (gpt-cli import makes one of a GGUF file)');
requireBuilt();
const data = dataFolder(options.data);
const work = options.work ?? temporaryFolder('pretrained');
mkdirSync(work, { recursive: true });

/** The events of a command. */
function gpt(...args) {
  const machine = [
    '--threads',
    options.threads,
    '--backend',
    options.backend,
    '--precision',
    options.precision,
    '--json',
  ];
  const all = [join(root, 'bin', 'gpt-cli.js'), ...args, ...machine].map(String);
  const printed = execFileSync(process.execPath, all, {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const say = (line) => options.json || console.log(line);
const results = [];
const limit = options.limit && Number(options.limit);

/** Accuracy by the likelihoods of the labels after a prompt. */
function accuracyOf(model, suite) {
  const { accuracy, examples } = gpt('eval', model, '--suite', suite).at(-1).choices;
  return { accuracy: accuracy.mean, examples };
}

function finetune({ rows, suite }, size, seed) {
  const out = join(work, 'run');
  const settings = { 'lora-rank': 8, quantize: options.quantize, seed, ...recipes[size] };
  const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const own = options.finetune.split(' ').filter(Boolean);
  const quiet = ['--eval-interval', 1e6, '--eval-iters', 1];
  const events = gpt('finetune', rows, '--from', options.model, '-o', out, '--overwrite', ...flags, ...quiet, ...own);
  const { backend, precision = 'f32' } = events.find(({ event }) => event === 'start');
  const { elapsed, iter, peakMemoryMB } = events.at(-1);
  const found = accuracyOf(join(out, 'last'), suite);
  rmSync(out, { recursive: true });
  return { ...found, seconds: elapsed, steps: iter, peakMemoryMB, backend, precision };
}

/** Of logistic regression on the words, which a classifier's run reports before its first step. */
function bagOfWords(set, size, seed) {
  const rows = writeSubset(data, set, join(work, `words-${set}`), { size, seed, limit });
  const tiny = { 'n-layer': 1, 'n-embd': 8, 'n-head': 1, 'vocab-size': 300, 'max-iters': 1, 'eval-iters': 1 };
  const flags = Object.entries(tiny).flatMap(([name, value]) => [`--${name}`, value]);
  const events = gpt('finetune', rows, '-o', join(work, 'words'), '--overwrite', ...flags);
  return events.find(({ event }) => event === 'start').baselines.bagOfWords;
}

for (const set of options.sets.split(',')) {
  if (options.before) {
    const { suite } = writePrompts(data, set, join(work, set), { size: 1, seed: 1, limit });
    const { accuracy, examples } = accuracyOf(options.model, suite);
    results.push({ set, labels: 0, accuracy });
    say(`${set}: ${percent(accuracy)} of ${examples} before`);
  }
  for (const size of options.sizes.split(',')) {
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const found = finetune(writePrompts(data, set, join(work, set), { size, seed, limit }), size, seed);
      const words = bagOfWords(set, size, seed);
      results.push({ set, labels: Number(size), seed, ...found, bagOfWords: words });
      const { accuracy, steps, seconds, backend, precision, peakMemoryMB } = found;
      const cost = `${steps} steps in ${Math.round(seconds)} s, ${backend} in ${precision}, ${peakMemoryMB} MB`;
      say(`${set}, ${size} labels, seed ${seed}: ${percent(accuracy)}; words ${percent(words)}; ${cost}`);
    }
  }
}
if (options.json) console.log(JSON.stringify(results));
