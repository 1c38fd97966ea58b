// Speed of writing beside transformers: the same GPT-2 124M (random weights, or --model), prompt and number of tokens,
// greedy; the two programs in turns. The first sample of a process, which compiles, is left out on both sides.
// node bench/sample.js [--model DIR] [--tokens 64] [--prompt-words 8] [--samples 2] [--threads 1,2] [--rounds 5]
//   [--backend NAME] [--json]
// The peer needs a virtual environment with torch and transformers: GPT_CLI_VENV, or .venv.
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    tokens: { type: 'string', default: '64' },
    'prompt-words': { type: 'string', default: '8' },
    samples: { type: 'string', default: '2' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    backend: { type: 'string', default: 'onnx' },
    json: { type: 'boolean', default: false },
  },
});

requirePython('torch and transformers');
requireBuilt();
const folder = temporaryFolder();

const peer = (args, threads) => linesOf(python, [join(root, 'bench', 'peers', 'generate.py'), ...args], threads);

function makeModel() {
  const made = join(folder, 'model');
  const { tokenizer } = writeTrainingData({ folder, vocabulary: 50257 });
  peer(['--model', made, '--make']);
  copyFileSync(tokenizer, join(made, 'tokenizer.json'));
  return made;
}

const say = (text) => options.json || console.log(text);

const { text } = writeTrainingData({ folder, vocabulary: 50257 });
const prompt = readFileSync(text, 'utf8').split(' ').slice(0, Number(options['prompt-words'])).join(' ');
const model = options.model ?? makeModel();

function ours(threads) {
  const flags = [
    '--max-new-tokens',
    options.tokens,
    '--num-samples',
    Number(options.samples) + 1,
    '--greedy',
    '--json',
  ];
  const args = ['sample', model, '--prompt', prompt, ...flags, '--threads', threads, '--backend', options.backend];
  const samples = linesOf(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args], threads).map((line) =>
    JSON.parse(line),
  );
  const [first, ...warm] = samples;
  if (first.finish !== 'length') fail(`the text ended after ${first.tokens.length} tokens`);
  return {
    tokens: first.tokens,
    cold: first.tokensPerSecond,
    tokensPerSecond: median(warm.map((s) => s.tokensPerSecond)),
  };
}

function theirs(threads) {
  const flags = ['--prompt', prompt, '--tokens', options.tokens, '--samples', options.samples, '--threads', threads];
  const found = JSON.parse(peer(['--model', model, ...flags], threads).at(-1));
  return { ...found, tokensPerSecond: median(found.tokensPerSecond) };
}

for (const threads of options.threads.split(',').map(Number)) {
  const seen = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    const mine = ours(threads);
    const other = theirs(threads);
    if (String(mine.tokens) !== String(other.tokens)) fail(`not the same tokens: ${mine.tokens} and ${other.tokens}`);
    seen.push({ mine, other, ratio: mine.tokensPerSecond / other.tokensPerSecond });
    const speeds = `gpt-cli ${mine.tokensPerSecond.toFixed(1)}, transformers ${other.tokensPerSecond.toFixed(1)} tokens/s`;
    say(`${threads} thread(s), round ${round}: ${speeds}, ratio ${seen.at(-1).ratio.toFixed(2)}`);
  }
  const result = {
    threads,
    backend: options.backend,
    tokens: Number(options.tokens),
    peer: `transformers ${seen[0].other.version}`,
    tokensPerSecond: median(seen.map(({ mine }) => mine.tokensPerSecond)),
    withCompiling: median(seen.map(({ mine }) => mine.cold)),
    peerTokensPerSecond: median(seen.map(({ other }) => other.tokensPerSecond)),
    ratio: median(seen.map(({ ratio }) => ratio)),
  };
  if (options.json) console.log(JSON.stringify(result));
  say(
    `${threads} thread(s): ${result.ratio.toFixed(2)} times transformers (median of ${options.rounds}); the first text of a process, compiling included, ${result.withCompiling.toFixed(1)} tokens/s`,
  );
}
