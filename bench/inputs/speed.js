// The models whose training speed is measured, and one measurement of each program: `gpt-cli pretrain` and peers in processes of
// their own, both reporting tokens per second after the warm-up and the peak resident memory.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, python, root, withPackages } from './common.js';

const small = { layers: 4, heads: 4, width: 128 };
const gpt2 = { layers: 12, heads: 12, width: 768, vocabulary: 50257 };

/** `context` and `batch` in tokens and rows; `dropout` is 0 unless given. */
export const models = {
  reference: { ...small, context: 64, batch: 12, vocabulary: 65, steps: 200, warmup: 10 },
  'small-bpe': { ...small, context: 128, batch: 16, vocabulary: 2048, steps: 40, warmup: 5 },
  'shakespeare-char': {
    ...{ layers: 6, heads: 6, width: 384, context: 256, batch: 16, vocabulary: 65, dropout: 0.2 },
    ...{ steps: 5, warmup: 2 },
  },
  'gpt2-4x64': { ...gpt2, context: 64, batch: 4, steps: 6, warmup: 2 },
  'gpt2-1x512': { ...gpt2, context: 512, batch: 1, steps: 4, warmup: 2 },
};

const stock = new Set(['wasm', 'cpu']);
export const isStock = (peer) => stock.has(peer);

/** Trains here. @param how { steps, threads, backend, precision, jit? } */
export function trainHere(folder, model, data, { steps, threads, backend, precision, jit }) {
  const { layers, heads, width, context, batch, dropout = 0 } = model;
  const flags = {
    'n-layer': layers,
    'n-head': heads,
    'n-embd': width,
    'block-size': context,
    'batch-size': batch,
    'grad-accum': 1,
    dropout,
    'max-iters': steps + model.warmup,
    optimizer: 'adamw',
    'learning-rate': 1e-3,
    'eval-interval': 1_000_000,
    'eval-iters': 1,
    'save-interval': 1_000_000,
    'log-interval': 1_000_000,
    tokenizer: data.tokenizer,
    threads,
    backend,
    precision,
    ...(jit !== undefined && { jit }),
    out: join(folder, 'run'),
  };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const command = [join(root, 'bin', 'gpt-cli.js'), 'pretrain', data.text, ...args, '--overwrite', '--json'];
  const events = linesOf(process.execPath, command, threads).map((line) => JSON.parse(line));
  const start = events.find(({ event }) => event === 'start');
  if (start.vocabSize !== model.vocabulary) fail(`the model got ${start.vocabSize} tokens, not ${model.vocabulary}`);
  const { jit: chosen } = JSON.parse(readFileSync(join(folder, 'run', 'config.json'), 'utf8')).config;
  const { tokensPerSecond, peakMemoryMB } = events.find(({ event }) => event === 'done');
  return { parameters: start.parameters, tokensPerSecond, peakMemoryMB, ...(chosen && { jit: chosen }) };
}

/** Multiplications and additions of a step's matrix products, for each token: what `inspect --estimate` says of the last run here. */
export function flopsPerToken(folder) {
  const command = ['inspect', join(folder, 'run'), '--estimate', '--backend', 'onnx', '--json'];
  const lines = linesOf(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...command], 1);
  const { flopsPerStep, tokensPerStep } = JSON.parse(lines.at(-1));
  return flopsPerStep / tokensPerStep;
}

/** Trains in a peer: PyTorch `eager` or `compile`, stock tfjs `wasm` or `cpu`. @param how { steps, threads, peer, bf16? } */
export function trainInPeer(folder, model, data, { steps, threads, peer, bf16 = false }) {
  const { layers, heads, width, context, batch, vocabulary, warmup, dropout = 0 } = model;
  const own = isStock(peer)
    ? { backend: peer, modules: stockTfjs(folder), warmup: 1 }
    : { tokens: data.tokens, warmup, dropout };
  const flags = { threads, layers, heads, width, context, batch, vocabulary, steps, ...own };
  const args = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, String(value)]);
  if (peer === 'compile') args.push('--compile');
  if (bf16 && !isStock(peer)) args.push('--bf16');
  const [program, script] = isStock(peer) ? [process.execPath, 'tfjs.js'] : [python, 'train.py'];
  return JSON.parse(linesOf(program, [join(root, 'bench', 'peers', script), ...args], threads).at(-1));
}

/** A folder with stock tfjs, installed once. */
function stockTfjs(folder) {
  const packages = ['tfjs', 'tfjs-backend-wasm'].map((name) => `@tensorflow/${name}@4.22.0`);
  return withPackages(join(folder, 'tfjs'), packages);
}

function linesOf(program, args, threads) {
  const env = { ...process.env, OMP_NUM_THREADS: String(threads), NO_COLOR: '1' };
  const how = { encoding: 'utf8', env, stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 1 << 28 };
  return execFileSync(program, args, how).trim().split('\n');
}
