// Training speed and memory beside PyTorch and stock tfjs: `gpt-cli pretrain` and a peer take turns on the same machine,
// round by round; the result is the median of the rounds' ratios.
// node bench/train.js [--model reference|gpt2-4x64|gpt2-1x512] [--peer eager,compile,wasm,cpu] [--threads 1,2] [--rounds 5]
//   [--steps N] [--peer-steps N] [--text FILE] [--backend NAME] [--jit auto|xla|graph] [--precision f32|bf16]
//   [--peer-precision f32|bf16] [--json]
// PyTorch's bf16 is torch.autocast.
// PyTorch (eager, compile) needs a virtual environment with torch and numpy: GPT_CLI_VENV, or .venv. For stock tfjs
// (wasm, cpu) npm fetches it into a temporary folder.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  fail,
  median,
  python,
  requireBuilt,
  requirePython,
  root,
  temporaryFolder,
  withPackages,
} from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const gpt2 = { layers: 12, heads: 12, width: 768, vocabulary: 50257 };
const models = {
  reference: { layers: 4, heads: 4, width: 128, context: 64, batch: 12, vocabulary: 65, steps: 200, warmup: 10 },
  'gpt2-4x64': { ...gpt2, context: 64, batch: 4, steps: 6, warmup: 2 },
  'gpt2-1x512': { ...gpt2, context: 512, batch: 1, steps: 4, warmup: 2 },
};

const { values: options } = parseArgs({
  options: {
    model: { type: 'string', default: 'reference' },
    peer: { type: 'string', default: 'eager,compile' },
    threads: { type: 'string', default: '1,2' },
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string' },
    'peer-steps': { type: 'string' },
    text: { type: 'string' },
    backend: { type: 'string', default: 'onnx' },
    jit: { type: 'string' },
    precision: { type: 'string', default: 'f32' },
    'peer-precision': { type: 'string', default: 'f32' },
    json: { type: 'boolean', default: false },
  },
});
const model = models[options.model];
if (model === undefined) fail(`no model "${options.model}" (there are ${Object.keys(models).join(', ')})`);
const steps = Number(options.steps ?? model.steps);
const rounds = Number(options.rounds);
const peers = options.peer.split(',');
const stock = new Set(['wasm', 'cpu']);
if (!['f32', 'bf16'].includes(options['peer-precision'])) fail(`no precision "${options['peer-precision']}"`);
if (!peers.every((peer) => stock.has(peer))) requirePython('torch and numpy');
requireBuilt();

const folder = temporaryFolder();

function ours(data, threads) {
  const { layers, heads, width, context, batch } = model;
  const flags = {
    'n-layer': layers,
    'n-head': heads,
    'n-embd': width,
    'block-size': context,
    'batch-size': batch,
    'grad-accum': 1,
    dropout: 0,
    'max-iters': steps + model.warmup,
    optimizer: 'adamw',
    'learning-rate': 1e-3,
    'eval-interval': 1_000_000,
    'eval-iters': 1,
    'save-interval': 1_000_000,
    'log-interval': 1_000_000,
    tokenizer: data.tokenizer,
    threads,
    backend: options.backend,
    precision: options.precision,
    ...(options.jit !== undefined && { jit: options.jit }),
    out: join(folder, 'run'),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const printed = run(
    process.execPath,
    [join(root, 'bin', 'gpt-cli.js'), 'pretrain', data.text, ...args, '--overwrite', '--json'],
    threads,
  );
  const events = printed
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const start = events.find(({ event }) => event === 'start');
  if (start.vocabSize !== model.vocabulary) fail(`the model got ${start.vocabSize} tokens, not ${model.vocabulary}`);
  const { jit } = JSON.parse(readFileSync(join(folder, 'run', 'config.json'), 'utf8')).config;
  return { parameters: start.parameters, ...(jit && { jit }), ...events.find(({ event }) => event === 'done') };
}

function theirs(data, threads, peer) {
  const { layers, heads, width, context, batch, vocabulary, warmup } = model;
  const flags = { threads, layers, heads, width, context, batch, vocabulary };
  const counts = { steps: options['peer-steps'] ?? steps, warmup: stock.has(peer) ? 1 : warmup };
  const own = stock.has(peer) ? { backend: peer, modules: stockTfjs() } : { tokens: data.tokens };
  const args = Object.entries({ ...flags, ...counts, ...own }).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (peer === 'compile') args.push('--compile');
  if (options['peer-precision'] === 'bf16' && !stock.has(peer)) args.push('--bf16');
  const [program, script] = stock.has(peer) ? [process.execPath, 'tfjs.js'] : [python, 'train.py'];
  return JSON.parse(
    run(program, [join(root, 'bench', 'peers', script), ...args], threads)
      .trim()
      .split('\n')
      .at(-1),
  );
}

/** A folder with stock tfjs, installed once. */
function stockTfjs() {
  const packages = ['tfjs', 'tfjs-backend-wasm'].map((name) => `@tensorflow/${name}@4.22.0`);
  return withPackages(join(folder, 'tfjs'), packages);
}

function run(program, args, threads) {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), NO_COLOR: '1' };
  return execFileSync(program, args, {
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
}

const peerPrecision = options['peer-precision'] === 'f32' ? '' : ` ${options['peer-precision']}`;
const nameOf = (peer) => (stock.has(peer) ? `tfjs ${peer}` : `torch ${peer}${peerPrecision}`);
const say = (text) => options.json || console.log(text);

const data = writeTrainingData({ folder, vocabulary: model.vocabulary, text: options.text });
for (const threads of options.threads.split(',').map(Number)) {
  for (const peer of peers) {
    const seen = [];
    for (let round = 1; round <= rounds; round++) {
      const mine = ours(data, threads);
      const other = theirs(data, threads, peer);
      if (mine.parameters !== other.parameters)
        fail(`${mine.parameters} parameters here, ${other.parameters} in the peer`);
      seen.push({ mine, other, ratio: mine.tokensPerSecond / other.tokensPerSecond });
      const way = options.backend === 'tensorflow' ? ` (${mine.jit})` : '';
      const speeds = `gpt-cli${way} ${mine.tokensPerSecond.toFixed(0)}, ${nameOf(peer)} ${other.tokensPerSecond.toFixed(0)} tokens/s`;
      say(`${options.model}, ${threads} thread(s), round ${round}: ${speeds}, ratio ${seen.at(-1).ratio.toFixed(2)}`);
    }
    const result = {
      model: options.model,
      threads,
      backend: options.backend,
      peer: `${nameOf(peer)} ${seen[0].other.version}`,
      precision: options.precision,
      rounds,
      tokensPerSecond: median(seen.map(({ mine }) => mine.tokensPerSecond)),
      peerTokensPerSecond: median(seen.map(({ other }) => other.tokensPerSecond)),
      ratio: median(seen.map(({ ratio }) => ratio)),
      peakMemoryMB: median(seen.map(({ mine }) => mine.peakMemoryMB)),
      peerPeakMemoryMB: median(seen.map(({ other }) => other.peakMemoryMB)),
    };
    if (options.json) console.log(JSON.stringify(result));
    const memory = `peak memory ${result.peakMemoryMB.toFixed(0)} MB against ${result.peerPeakMemoryMB.toFixed(0)} MB`;
    say(
      `${options.model}, ${threads} thread(s): ${result.ratio.toFixed(2)} times ${nameOf(peer)} (median of ${rounds}), ${memory}`,
    );
  }
}
