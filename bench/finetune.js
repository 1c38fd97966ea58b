// What pretraining is worth: a model pretrained on the training texts without their labels, then finetuned with few
// labels, beside the same model from scratch; with and without GPT-1's auxiliary loss. Several seeds, mean and spread.
// node bench/finetune.js --data DIR [--set sst2|ag_news] [--sizes 500,2000,all] [--seeds 3] [--lm-coefs 0.5,0]
//   [--pretrain-time 6m] [--pretrain FLAGS] [--finetune FLAGS] [--from RUN] [--starts pretrained,scratch] [--work DIR] [--json]
// DIR holds sst2/train.tsv and dev.tsv, ag_news/train.csv, test.csv and unlabelled.txt. Accuracy is that after the last
// step, never that of the best evaluation, since the data that is measured would choose it.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values: options } = parseArgs({
  options: {
    data: { type: 'string' },
    set: { type: 'string', default: 'sst2' },
    sizes: { type: 'string', default: '500,2000,all' },
    seeds: { type: 'string', default: '3' },
    'lm-coefs': { type: 'string', default: '0.5,0' },
    starts: { type: 'string', default: 'pretrained,scratch' },
    'pretrain-time': { type: 'string', default: '6m' },
    pretrain: { type: 'string', default: '' },
    finetune: { type: 'string', default: '' },
    from: { type: 'string' },
    work: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(2);
}

const sets = {
  sst2: { train: 'train.tsv', test: 'dev.tsv', text: 'sentence', label: 'label', blockSize: 64 },
  ag_news: {
    train: 'train.csv',
    test: 'test.csv',
    text: 'text',
    label: 'label',
    unlabelled: 'unlabelled.txt',
    blockSize: 128,
  },
};
const set = sets[options.set];
if (set === undefined) fail(`no set "${options.set}" (there are ${Object.keys(sets).join(', ')})`);
if (options.data === undefined) fail('--data names the folder with sst2/ and ag_news/');
const source = join(options.data, options.set);
if (!existsSync(join(source, set.train))) fail(`no ${join(source, set.train)}`);
if (!existsSync(join(root, 'dist', 'cli.js'))) fail('dist/cli.js is missing (npm run build)');

const work = options.work ?? mkdtempSync(join(tmpdir(), 'gpt-cli-finetune-'));
mkdirSync(work, { recursive: true });
if (options.work === undefined) process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** Runs a command with --json; its events. */
function gpt(...args) {
  const output = execFileSync(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args.map(String), '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  });
  return output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

const words = (text) => text.split(' ').filter(Boolean);

/** The rows of a file as they stand, the header apart; no row of these sets has a line end in quotes. */
function rowsOf(file) {
  const [header, ...rows] = readFileSync(join(source, file), 'utf8').trimEnd().split(/\r?\n/);
  return { header, rows };
}

/** A small generator, so that which rows a seed takes does not depend on the machine. */
function shuffled(rows, seed) {
  const order = [...rows];
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = order.length - 1; i > 0; i--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    const j = state % (i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** The training texts without labels, a document a line or, for the text that is there, as it is. */
function unlabelledText() {
  if (set.unlabelled) return join(source, set.unlabelled);
  const { header, rows } = rowsOf(set.train);
  const column = header.split('\t').indexOf(set.text);
  const path = join(work, 'unlabelled.txt');
  writeFileSync(path, rows.map((row) => row.split('\t')[column]).join('\n'));
  return path;
}

function pretrained() {
  if (options.from) return options.from;
  const out = join(work, 'pretrained');
  if (existsSync(join(out, 'best'))) return out;
  const shape = ['--n-layer', 4, '--n-head', 4, '--n-embd', 192, '--block-size', set.blockSize, '--vocab-size', 4096];
  const schedule = [
    '--max-time',
    options['pretrain-time'],
    '--batch-size',
    32,
    '--learning-rate',
    1e-3,
    '--dropout',
    0.1,
  ];
  const events = gpt(
    'pretrain',
    unlabelledText(),
    '-o',
    out,
    '--overwrite',
    ...shape,
    ...schedule,
    ...words(options.pretrain),
  );
  const { iter, bestValLoss, elapsed } = events.at(-1);
  say(`pretrained: ${iter} steps in ${Math.round(elapsed)} s, validation loss ${bestValLoss.toFixed(3)}`);
  return out;
}

/** A folder with `size` training rows drawn by the seed, and the test rows as validation data. */
function subset(size, seed) {
  const folder = join(work, `rows-${size}-${seed}`);
  mkdirSync(folder, { recursive: true });
  const extension = set.train.slice(set.train.lastIndexOf('.'));
  const { header, rows } = rowsOf(set.train);
  const chosen = size === 'all' ? rows : shuffled(rows, seed).slice(0, Number(size));
  writeFileSync(join(folder, `train${extension}`), [header, ...chosen].join('\n'));
  const test = rowsOf(set.test);
  writeFileSync(join(folder, `valid${extension}`), [test.header, ...test.rows].join('\n'));
  return folder;
}

/** The model's shape, for the same model from scratch. */
function shapeFlags(run) {
  const { model } = JSON.parse(readFileSync(join(run, 'config.json'), 'utf8'));
  const { nLayer, nHead, nEmbd, blockSize } = model;
  const flags = ['--n-layer', nLayer, '--n-head', nHead, '--n-embd', nEmbd, '--block-size', blockSize];
  return [...flags, '--tokenizer', join(run, 'best', 'tokenizer.json')];
}

/** Passes over the data: the fewer rows, the more. */
const epochsFor = (size) => (size === 'all' ? (options.set === 'sst2' ? 2 : 4) : Number(size) <= 500 ? 12 : 6);

function accuracy(start, size, lmCoef, seed, base) {
  const from =
    start === 'pretrained' ? ['--from', base, '--learning-rate', 3e-4] : [...shapeFlags(base), '--learning-rate', 1e-3];
  const events = gpt(
    ...['finetune', subset(size, seed), '-o', join(work, 'run'), '--overwrite', ...from],
    ...['--epochs', epochsFor(size), '--lm-coef', lmCoef, '--seed', seed, '--dropout', 0.1, '--eval-interval', 100000],
    ...words(options.finetune),
  );
  return events.at(-1).accuracy;
}

function say(line) {
  if (!options.json) console.log(line);
}

const percent = (value) => `${(100 * value).toFixed(1)} %`;
const results = [];
const base = pretrained();
const seeds = Array.from({ length: Number(options.seeds) }, (_, i) => i + 1);
say('labels  start       lm-coef  accuracy by seed            mean    spread');
for (const size of options.sizes.split(',')) {
  for (const start of options.starts.split(',')) {
    for (const lmCoef of options['lm-coefs'].split(',').map(Number)) {
      const found = seeds.map((seed) => accuracy(start, size, lmCoef, seed, base));
      const mean = found.reduce((a, b) => a + b) / found.length;
      const spread = Math.max(...found) - Math.min(...found);
      results.push({ set: options.set, labels: size, start, lmCoef, accuracies: found, mean, spread });
      const shown = found.map(percent).join(' ').padEnd(26);
      say(
        `${size.padEnd(7)} ${start.padEnd(11)} ${String(lmCoef).padEnd(8)} ${shown} ${percent(mean)}  ${percent(spread)}`,
      );
    }
  }
}
if (options.json) console.log(JSON.stringify(results));
