// What real pretrained weights are worth: a Llama such as SmolLM2 with adapters, before and after finetuning on a few labels, next to
// logistic regression on the words. Accuracy is over the whole test data, after the last step.
// node bench/pretrained.js --model FOLDER [--data DIR] [--sets sst2,ag_news] [--sizes 500,2000] [--seeds 1] [--before] [--limit N]
//   [--threads 2] [--backend openvino] [--precision bf16] [--quantize none] [--finetune FLAGS] [--work DIR] [--json]
// `--before` also measures the model as it is, by the likelihoods of the labels after a prompt. A seed draws the rows, the adapters and
// the order. `--limit` takes fewer test rows, for a trial; `--finetune` has flags that differ from the defaults.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, requireBuilt, root, temporaryFolder } from './inputs/common.js';
import { dataFolder, writeSubset } from './inputs/labelled.js';
import { labelPrompts } from './inputs/prompts.js';

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

for (const set of options.sets.split(',')) {
  const limit = options.limit && Number(options.limit);
  if (options.before) {
    const suite = join(work, `${set}.suite.jsonl`);
    writeFileSync(
      suite,
      labelPrompts(data, set, limit)
        .map((row) => `${JSON.stringify(row)}\n`)
        .join(''),
    );
    const { accuracy, examples } = gpt('eval', options.model, '--suite', suite).at(-1).choices;
    results.push({ set, labels: 0, accuracy });
    say(`${set}: ${percent(accuracy)} of ${examples} before, by the likelihoods of the labels after a prompt`);
  }
  for (const size of options.sizes.split(',')) {
    for (let seed = 1; seed <= Number(options.seeds); seed++) {
      const rows = writeSubset(data, set, join(work, `${set}-${size}-${seed}`), { size, seed, limit });
      const out = join(work, `run-${set}-${size}-${seed}`);
      const flags = [
        '--lora-rank',
        8,
        '--quantize',
        options.quantize,
        '--seed',
        seed,
        '--eval-interval',
        1e6,
        '--eval-iters',
        1,
      ];
      const own = options.finetune.split(' ').filter(Boolean);
      const events = gpt('finetune', rows, '--from', options.model, '-o', out, '--overwrite', ...flags, ...own);
      const { baselines, backend, precision = 'f32' } = events.find(({ event }) => event === 'start');
      const { accuracy, elapsed, iter, peakMemoryMB } = events.at(-1);
      rmSync(out, { recursive: true });
      results.push({
        set,
        labels: size,
        seed,
        accuracy,
        bagOfWords: baselines.bagOfWords,
        elapsed,
        iter,
        peakMemoryMB,
        backend,
      });
      const cost = `${iter} steps in ${Math.round(elapsed)} s, ${backend} in ${precision}, ${peakMemoryMB} MB`;
      say(
        `${set}, ${size} labels, seed ${seed}: ${percent(accuracy)}; words ${percent(baselines.bagOfWords)}; ${cost}`,
      );
    }
  }
}
if (options.json) console.log(JSON.stringify(results));
