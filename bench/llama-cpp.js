// Speed of writing compared with llama.cpp: the same GPT-2 124M (random weights, or --model) exported to GGUF, the same prompt, greedy;
// the two programs in turns. A pair is a format of ours and one of theirs. The first sample of a process is not counted on either side.
// node bench/llama-cpp.js [--model DIR] [--pairs int8:q8_0,int4:q4_0,none:f32] [--tokens 64] [--prompt-tokens 16] [--samples 2]
//   [--threads 2] [--rounds 3] [--backend onnx] [--json]
// npm's node-llama-cpp is installed into a folder of its own (GPT_CLI_LLAMA_CPP). Making the model needs a virtual environment with
// torch and transformers: GPT_CLI_VENV, or .venv.
import { copyFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  fail,
  linesOf,
  median,
  python,
  requireBuilt,
  requirePython,
  root,
  temporaryFolder,
  withPackages,
} from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    model: { type: 'string' },
    pairs: { type: 'string', default: 'int8:q8_0' },
    tokens: { type: 'string', default: '64' },
    'prompt-tokens': { type: 'string', default: '16' },
    samples: { type: 'string', default: '2' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    backend: { type: 'string', default: 'onnx' },
    json: { type: 'boolean', default: false },
  },
});

requireBuilt();
const home = withPackages(process.env.GPT_CLI_LLAMA_CPP ?? join(tmpdir(), 'gpt-cli-llama-cpp'), ['node-llama-cpp@3']);
const folder = temporaryFolder();
const node = (args) => linesOf(process.execPath, args, options.threads);
const gpt = (...args) => node([join(root, 'bin', 'gpt-cli.js'), ...args]);

const { text, tokenizer } = writeTrainingData({ folder, vocabulary: 50257 });
const model = options.model ?? makeModel();
const { prompt, ids } = await makePrompt(Number(options['prompt-tokens']));

function makeModel() {
  requirePython('torch and transformers');
  const made = join(folder, 'model');
  linesOf(python, [join(root, 'bench', 'peers', 'generate_batch.py'), '--model', made, '--make'], options.threads);
  copyFileSync(tokenizer, join(made, 'tokenizer.json'));
  return made;
}

/** A text of exactly so many tokens. */
async function makePrompt(wanted) {
  const words = readFileSync(text, 'utf8').split(' ');
  const { loadCheckpoint } = await import('../dist/index.js');
  const { tokenizer, close } = await loadCheckpoint(model);
  let found;
  for (let at = 0; found === undefined && at < words.length; at++) {
    const ids = tokenizer.encode(words.slice(at, at + wanted).join(' ')).slice(0, wanted);
    const prompt = tokenizer.decode(ids);
    if (tokenizer.encode(prompt).length === wanted) found = { ids, prompt };
  }
  await close();
  return found ?? fail(`the text has no prompt of ${wanted} tokens`);
}

function writeOurs(format) {
  const length = [
    '--prompt',
    prompt,
    '--max-new-tokens',
    options.tokens,
    '--greedy',
    '--num-samples',
    Number(options.samples) + 1,
  ];
  const how = ['--max-batch', 1, '--threads', options.threads, '--backend', options.backend, '--quantize', format];
  const all = gpt('sample', model, ...length, ...how, '--json').map((line) => JSON.parse(line));
  return check('gpt-cli', {
    tokens: all.at(-1).tokens,
    tokensPerSecond: all.slice(1).map(({ tokensPerSecond }) => tokensPerSecond),
  });
}

function writeTheirs(file) {
  const script = join(root, 'bench', 'peers', 'llama-cpp.mjs');
  const lines = node([script, home, file, ids.join(), options.tokens, options.samples, options.threads]);
  return check('llama.cpp', JSON.parse(lines.at(-1)));
}

function check(program, { tokens, tokensPerSecond }) {
  if (tokens.length !== Number(options.tokens)) fail(`${program} ended the text after ${tokens.length} tokens`);
  return { tokens, tokensPerSecond: median(tokensPerSecond) };
}

for (const [ours, theirs] of options.pairs.split(',').map((pair) => pair.split(':'))) {
  const file = join(folder, `${theirs}.gguf`);
  gpt('export', model, '-o', file, '--format', 'gguf', '--dtype', theirs, '--quiet');
  const rounds = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    const [mine, other] = [writeOurs(ours), writeTheirs(file)];
    const parting = mine.tokens.findIndex((token, i) => token !== other.tokens[i]);
    const same = parting < 0 ? mine.tokens.length : parting;
    rounds.push({ mine: mine.tokensPerSecond, other: other.tokensPerSecond, same });
    const speeds = `gpt-cli ${mine.tokensPerSecond.toFixed(1)}, llama.cpp ${other.tokensPerSecond.toFixed(1)} tokens/s`;
    if (!options.json) console.log(`${ours}, ${theirs}, round ${round}: ${speeds}, the first ${same} tokens are equal`);
  }
  const result = {
    ours,
    theirs,
    threads: Number(options.threads),
    backend: options.backend,
    tokensPerSecond: median(rounds.map(({ mine }) => mine)),
    peerTokensPerSecond: median(rounds.map(({ other }) => other)),
    ratio: median(rounds.map(({ mine, other }) => mine / other)),
  };
  if (options.json) console.log(JSON.stringify(result));
  else console.log(`${ours}, ${theirs}: ${result.ratio.toFixed(2)}x llama.cpp`);
}
