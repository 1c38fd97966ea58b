// Speed of writing beside transformers, which computes in float32: the same GPT-2 124M (random weights, or --model), prompt and
// number of tokens, greedy; the programs in turns. The first sample of a process, which compiles, is left out on both sides.
// node bench/sample.js [--model DIR] [--tokens 64] [--prompt-words 8] [--samples 2] [--threads 1,2] [--rounds 5]
//   [--formats onnx,openvino-bf16,onnx-int4] [--json]
// A format is an engine, or an engine and f32, bf16, int8 or int4. Those in float32 must write transformers' tokens. The peer needs a virtual environment with torch and transformers: GPT_CLI_VENV, or .venv.
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
    formats: { type: 'string', default: 'onnx' },
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

/** @param format `onnx`, `openvino-bf16`, `onnx-int4` */
function ours(format, threads) {
  const [backend, weights = 'f32'] = format.split('-');
  const how = weights === 'bf16' ? ['--precision', 'bf16'] : ['--quantize', weights === 'f32' ? 'none' : weights];
  const flags = [
    '--max-new-tokens',
    options.tokens,
    '--num-samples',
    Number(options.samples) + 1,
    '--greedy',
    '--json',
  ];
  const args = ['sample', model, '--prompt', prompt, ...flags, '--threads', threads, '--backend', backend, ...how];
  const samples = linesOf(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args], threads).map((line) =>
    JSON.parse(line),
  );
  const [first, ...warm] = samples;
  if (first.finish !== 'length') fail(`the text ended after ${first.tokens.length} tokens`);
  return {
    exact: weights === 'f32',
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

const formats = options.formats.split(',');

/** Every format and transformers, once. */
function round(threads) {
  const other = theirs(threads);
  return formats.map((format) => {
    const mine = ours(format, threads);
    if (mine.exact && String(mine.tokens) !== String(other.tokens))
      fail(`${format} does not write the same tokens: ${mine.tokens} and ${other.tokens}`);
    return { format, mine, other, ratio: mine.tokensPerSecond / other.tokensPerSecond };
  });
}

for (const threads of options.threads.split(',').map(Number)) {
  const seen = [];
  for (let count = 1; count <= Number(options.rounds); count++) {
    for (const each of round(threads)) {
      const { format, mine, other, ratio } = each;
      seen.push(each);
      const speeds = `${format} ${mine.tokensPerSecond.toFixed(1)}, transformers ${other.tokensPerSecond.toFixed(1)} tokens/s`;
      say(`${threads} thread(s), round ${count}: ${speeds}, ratio ${ratio.toFixed(2)}`);
    }
  }
  for (const format of formats) {
    const own = seen.filter((each) => each.format === format);
    const result = {
      threads,
      format,
      tokens: Number(options.tokens),
      peer: `transformers ${own[0].other.version}`,
      tokensPerSecond: median(own.map(({ mine }) => mine.tokensPerSecond)),
      withCompiling: median(own.map(({ mine }) => mine.cold)),
      peerTokensPerSecond: median(own.map(({ other }) => other.tokensPerSecond)),
      ratio: median(own.map(({ ratio }) => ratio)),
    };
    if (options.json) console.log(JSON.stringify(result));
    say(
      `${threads} thread(s), ${format}: ${result.ratio.toFixed(2)} times transformers (median of ${options.rounds}); the first text of a process, compiling included, ${result.withCompiling.toFixed(1)} tokens/s`,
    );
  }
}
