// Optimizers on the reference model: recipes take turns on the same machine, with one seed a round. Prints the loss of the whole
// held-out tenth and milliseconds per step.
// node bench/optimizer.js --text FILE [--recipes adamw,muon] [--steps 2000] [--rounds 1] [--threads 2] [--json]
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, median, requireBuilt, root, temporaryFolder } from './inputs/common.js';
import { optimizerRecipes } from './inputs/recipes.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    text: { type: 'string' },
    recipes: { type: 'string', default: 'adamw,muon' },
    steps: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '1' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
if (options.text === undefined) fail('name a text with --text');
const names = options.recipes.split(',');
const unknown = names.find((name) => optimizerRecipes[name] === undefined);
if (unknown) fail(`no recipe "${unknown}" (there are ${Object.keys(optimizerRecipes).join(', ')})`);
requireBuilt();

const folder = temporaryFolder();
const { tokenizer } = writeTrainingData({ folder, vocabulary: 65, text: options.text });
const characters = readFileSync(options.text, 'utf8');
const heldOut = join(folder, 'held-out.txt');
writeFileSync(heldOut, characters.slice(-Math.ceil(characters.length / 10)));

function program(...args) {
  const words = [join(root, 'bin', 'gpt-cli.js'), ...args, '--threads', options.threads, '--json'];
  const printed = execFileSync(process.execPath, words, { encoding: 'utf8', maxBuffer: 1 << 28 });
  return printed.trim().split('\n').map(JSON.parse);
}

function measured(recipe, seed) {
  const out = join(folder, 'run');
  const flags = {
    ...{ 'block-size': 64, 'batch-size': 12, tokenizer, out, seed, 'max-iters': options.steps },
    ...{ 'eval-interval': 1_000_000, 'eval-iters': 1, 'log-interval': 1_000_000, ...optimizerRecipes[recipe] },
  };
  const words = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { tokensPerSecond, peakMemoryMB } = program('pretrain', options.text, ...words, '--overwrite').at(-1);
  const { loss } = program('eval', join(out, 'last'), heldOut).at(-1);
  return { loss, milliseconds: (1000 * 64 * 12) / tokensPerSecond, peakMemoryMB };
}

const rounds = Array.from({ length: Number(options.rounds) }, (_, i) => 1337 + i);
const found = Object.fromEntries(names.map((name) => [name, []]));
for (const seed of rounds)
  for (const name of names) {
    const result = measured(name, seed);
    found[name].push(result);
    const { loss, milliseconds } = result;
    if (!options.json)
      console.log(`seed ${seed}, ${name}: loss ${loss.toFixed(4)}, ${milliseconds.toFixed(1)} ms per step`);
  }
for (const name of names) {
  const of = (key) => median(found[name].map((result) => result[key]));
  const result = { recipe: name, rounds: rounds.length, loss: of('loss'), millisecondsPerStep: of('milliseconds') };
  // Pair by pair: neighbours in time.
  const ratio = median(found[name].map(({ milliseconds }, i) => milliseconds / found[names[0]][i].milliseconds));
  if (options.json) console.log(JSON.stringify({ ...result, ratio, peakMemoryMB: of('peakMemoryMB') }));
  else
    console.log(`${name}: loss ${result.loss.toFixed(4)}, ${ratio.toFixed(2)} times the step of ${names[0]} (medians)`);
}
