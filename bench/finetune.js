// What pretraining is worth: a model pretrained on texts without labels, then finetuned with few labels, beside the same
// model from scratch; with and without GPT-1's auxiliary loss. Mean and spread over seeds. The texts are those of training,
// for `sst2` also reviews of films from an npm package; `sst2-phrases` does without these.
// node bench/finetune.js [--data DIR] [--set sst2|sst2-phrases|ag_news] [--sizes 500,2000,all] [--seeds 3] [--pretrainings 3] [--lm-coefs 0.5,0]
//   [--starts pretrained,scratch] [--jobs 2] [--work DIR] [--backend NAME] [--json]
//   [--pretrain FLAGS] [--finetune FLAGS] [--scratch FLAGS]   what is to differ from the recipe below
// A seed draws the labelled rows, the initial weights, the order and the dropout; each has its own
// pretraining unless --pretrainings says fewer. Accuracy is
// that after the last step, never that of the best evaluation, since the data that is measured would choose it.
// `--jobs` runs work side by side, one thread each; fewer pretrainings than that share them. `--work` keeps the pretrainings, and a
// later run with it begins from them.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { fail, requireBuilt, root, temporaryFolder } from './inputs/common.js';
import { dataFolder, writeSubset, writeUnlabelled } from './inputs/labelled.js';
import { recipes } from './inputs/recipes.js';
import { reviews } from './inputs/reviews.js';

const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    set: { type: 'string', default: 'sst2' },
    sizes: { type: 'string', default: '500,2000,all' },
    seeds: { type: 'string', default: '3' },
    'lm-coefs': { type: 'string', default: '0.5,0' },
    starts: { type: 'string', default: 'pretrained,scratch' },
    pretrainings: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    work: { type: 'string' },
    backend: { type: 'string', default: 'onnx' },
    pretrain: { type: 'string', default: '' },
    finetune: { type: 'string', default: '' },
    scratch: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});

const recipe = recipes[options.set];
if (recipe === undefined) fail(`no set "${options.set}" (there are ${Object.keys(recipes).join(', ')})`);
requireBuilt();
const data = dataFolder(options.data);
const work = options.work ?? temporaryFolder('finetune');
mkdirSync(work, { recursive: true });

const run = promisify(execFile);
const seedCount = Number(options.seeds);
const pretrainings = Math.min(seedCount, Number(options.pretrainings ?? seedCount));
const words = (text) => text.split(' ').filter(Boolean);
const flagsOf = (settings) => Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
const say = (line) => options.json || console.log(line);

/** Runs a command with --json; its last event. */
async function gpt({ threads }, ...args) {
  const machine = ['--threads', threads, '--backend', options.backend, '--overwrite', '--json'];
  const all = [join(root, 'bin', 'gpt-cli.js'), ...args, ...machine].map(String);
  const { stdout } = await run(process.execPath, all, { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Runs all tasks, `--jobs` at a time, in their order. */
async function each(tasks) {
  const waiting = tasks[Symbol.iterator]();
  const worker = async () => {
    for (const task of waiting) await task();
  };
  await Promise.all(Array.from({ length: Number(options.jobs) }, worker));
}

/** Seeds share pretrainings where there are fewer of them. */
const pretrained = (seed) => join(work, `pretrained-${((seed - 1) % pretrainings) + 1}`);

/** The text of all pretrainings, written when the first begins. */
let unlabelled;
function unlabelledText() {
  unlabelled ??= writeUnlabelled(
    data,
    recipe.set,
    join(work, 'unlabelled.jsonl'),
    recipe.reviews && reviews(join(work, 'reviews')),
  );
  return unlabelled;
}

async function pretrain(seed) {
  if (existsSync(join(pretrained(seed), 'best'))) return;
  const threads = Math.max(1, Math.floor(Number(options.jobs) / pretrainings));
  const settings = [...flagsOf({ ...recipe.shape, ...recipe.pretrain, seed }), ...words(options.pretrain)];
  const text = unlabelledText();
  const { iter, valLoss, elapsed } = await gpt({ threads }, 'pretrain', text, '-o', pretrained(seed), ...settings);
  say(`pretrained, seed ${seed}: ${iter} steps in ${Math.round(elapsed)} s, validation loss ${valLoss.toFixed(3)}`);
}

/** Where a start begins. From scratch it is the same model with the same tokenizer. */
function startOf(start, seed) {
  if (start === 'pretrained')
    return ['--from', pretrained(seed), ...flagsOf(recipe.pretrained), ...words(options.finetune)];
  const { 'vocab-size': _, ...model } = recipe.shape;
  const tokenizer = join(pretrained(seed), 'best', 'tokenizer.json');
  return [...flagsOf({ ...model, tokenizer, ...recipe.scratch }), ...words(options.scratch)];
}

async function finetune({ start, size, lmCoef, seed }) {
  const name = `${start}-${size}-${lmCoef}-${seed}`;
  const rows = writeSubset(data, recipe.set, join(work, `rows-${name}`), { size, seed });
  const out = join(work, `run-${name}`);
  const { [size]: ofSize = recipe.finetune[2000] } = recipe.finetune;
  const settings = flagsOf({ ...ofSize, 'lm-coef': lmCoef, seed, 'eval-interval': 1_000_000 });
  const { accuracy } = await gpt({ threads: 1 }, 'finetune', rows, '-o', out, ...settings, ...startOf(start, seed));
  rmSync(out, { recursive: true });
  return accuracy;
}

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const began = performance.now();
const seeds = Array.from({ length: seedCount }, (_, i) => i + 1);
const cells = options.sizes
  .split(',')
  .flatMap((size) =>
    options.starts
      .split(',')
      .flatMap((start) => options['lm-coefs'].split(',').map((lmCoef) => ({ size, start, lmCoef, found: [] }))),
  );

function show({ size, start, lmCoef, found }) {
  const mean = found.reduce((a, b) => a + b) / found.length;
  const spread = Math.max(...found) - Math.min(...found);
  const shown = found.map(percent).join(' ').padEnd(22);
  say(`${size.padEnd(7)} ${start.padEnd(11)} ${lmCoef.padEnd(8)} ${shown}  ${percent(mean)}  ${percent(spread)}`);
  return { set: options.set, labels: size, start, lmCoef: Number(lmCoef), accuracies: found, mean, spread };
}

await each(seeds.slice(0, pretrainings).map((seed) => () => pretrain(seed)));
say('labels  start       lm-coef  accuracy by seed        mean    spread');
const results = [];
const tasks = cells.flatMap((cell) =>
  seeds.map((seed, i) => async () => {
    cell.found[i] = await finetune({ ...cell, seed });
    if (cell.found.filter((value) => value !== undefined).length === seeds.length) results.push(show(cell));
  }),
);
await each(tasks);
const minutes = (performance.now() - began) / 60_000;
say(`${minutes.toFixed(1)} minutes`);
if (options.json) console.log(JSON.stringify({ minutes, results }));
