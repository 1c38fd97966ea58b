// Speed of writing several texts together, compared with transformers: the same GPT-2 with random weights (124M, or --size 1m: 1.06 million parameters; or
// --model), the same prompts of one length, greedy; the two programs in turns. --batch says how many prompts are written together:
// for each number the two are compared, and the last line compares the largest with the smallest. What compiles is not counted.
// node bench/batch.js [--size gpt2|1m] [--model DIR] [--batch 1,8] [--tokens 64] [--prompt-tokens 16] [--threads 2] [--rounds 3]
//   [--backend NAME] [--alone] [--json]
// --alone leaves transformers out; the peer needs a virtual environment with torch and transformers: GPT_CLI_VENV, or .venv.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, linesOf, median, python, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    size: { type: 'string', default: 'gpt2' },
    model: { type: 'string' },
    batch: { type: 'string', default: '1,8' },
    tokens: { type: 'string', default: '64' },
    'prompt-tokens': { type: 'string', default: '16' },
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    backend: { type: 'string', default: 'onnx' },
    alone: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

requirePython('torch and transformers');
requireBuilt();
const folder = temporaryFolder();
const program = join(root, 'bin', 'gpt-cli.js');
const peer = (args, threads) => linesOf(python, [join(root, 'bench', 'peers', 'generate_batch.py'), ...args], threads);
const ours = (args, threads) =>
  linesOf(process.execPath, [program, ...args, '--json'], threads).map((line) => JSON.parse(line));

const { text, tokenizer } = writeTrainingData({ folder, vocabulary: options.size === '1m' ? 2048 : 50257 });
const model = options.model ?? makeModel();
const batches = options.batch.split(',').map(Number);
const prompts = await makePrompts(Math.max(...batches));

function makeModel() {
  const made = join(folder, 'model');
  peer(['--model', made, '--make', '--size', options.size]);
  copyFileSync(tokenizer, join(made, 'tokenizer.json'));
  return made;
}

/** Different texts of exactly --prompt-tokens tokens. */
async function makePrompts(count) {
  const wanted = Number(options['prompt-tokens']);
  const words = readFileSync(text, 'utf8').split(' ');
  const { loadCheckpoint } = await import('../dist/index.js');
  const { tokenizer, close } = await loadCheckpoint(model);
  const found = [];
  for (let at = 0; found.length < count && at < words.length; at += wanted) {
    const ids = tokenizer.encode(words.slice(at, at + wanted).join(' ')).slice(0, wanted);
    const prompt = tokenizer.decode(ids);
    if (tokenizer.encode(prompt).length === wanted) found.push(prompt);
  }
  await close();
  if (found.length < count) fail(`the text has only ${found.length} prompts of ${wanted} tokens`);
  return found;
}

/** Writes every prompt twice; the second time, when all is compiled, is measured. */
function writeOurs(count, threads) {
  const file = join(folder, 'prompts.jsonl');
  const rows = [...prompts.slice(0, count), ...prompts.slice(0, count)].map((prompt) => JSON.stringify({ prompt }));
  writeFileSync(file, rows.join('\n'));
  const flags = ['--max-new-tokens', options.tokens, '--max-batch', count, '--greedy', '--threads', threads];
  const texts = ours(['sample', model, '--prompts', file, ...flags, '--backend', options.backend], threads);
  const short = texts.find(({ finish }) => finish !== 'length');
  if (short) fail(`a text ended after ${short.tokens.length} tokens`);
  const measured = texts.slice(count);
  return {
    tokens: measured.map(({ tokens }) => tokens),
    tokensPerSecond: count * median(measured.map(({ tokensPerSecond }) => tokensPerSecond)),
  };
}

function writeTheirs(count, threads) {
  const file = join(folder, 'prompts.json');
  writeFileSync(file, JSON.stringify(prompts.slice(0, count)));
  const flags = ['--prompts', file, '--tokens', options.tokens, '--samples', 2, '--threads', threads];
  const found = JSON.parse(peer(['--model', model, ...flags], threads).at(-1));
  return { ...found, tokensPerSecond: median(found.tokensPerSecond) };
}

const say = (line) => options.json || console.log(line);

for (const threads of options.threads.split(',').map(Number)) {
  const seen = batches.map(() => []);
  for (let round = 1; round <= Number(options.rounds); round++) {
    for (const [i, count] of batches.entries()) {
      const mine = writeOurs(count, threads);
      const other = options.alone ? undefined : writeTheirs(count, threads);
      if (other && String(mine.tokens) !== String(other.tokens)) fail(`batch ${count}: not the same tokens`);
      seen[i].push({ mine: mine.tokensPerSecond, other: other?.tokensPerSecond });
      const peerSpeed = other ? `, transformers ${other.tokensPerSecond.toFixed(1)}` : '';
      say(
        `${threads} threads, round ${round}, ${count} prompts: ${mine.tokensPerSecond.toFixed(1)} tokens/s${peerSpeed}`,
      );
    }
  }
  const results = seen.map((rounds, i) => ({
    threads,
    batch: batches[i],
    backend: options.backend,
    tokensPerSecond: median(rounds.map(({ mine }) => mine)),
    ...(options.alone || {
      peerTokensPerSecond: median(rounds.map(({ other }) => other)),
      ratio: median(rounds.map(({ mine, other }) => mine / other)),
    }),
  }));
  for (const result of results) {
    if (options.json) console.log(JSON.stringify(result));
    else {
      const ratio = result.ratio === undefined ? '' : `, ${result.ratio.toFixed(2)}x transformers`;
      say(`${threads} threads, ${result.batch} prompts: ${result.tokensPerSecond.toFixed(1)} tokens/s${ratio}`);
    }
  }
  const gains = seen[0].map(({ mine }, round) => seen.at(-1)[round].mine / mine);
  say(`${batches.at(-1)} prompts have ${median(gains).toFixed(2)}x the tokens per second of ${batches[0]}`);
}
