// What watching a run costs, in CPU time of the writer: TensorBoard's scalars and histograms and the live page, for the
// reference model (0.8 million parameters), whose step takes about 50 ms. node bench/logging.js [--json]
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { root, temporaryFolder } from './inputs/common.js';

const { json } = parseArgs({ options: { json: { type: 'boolean', default: false } } }).values;
/** Milliseconds of a step; steps between reported ones and between evaluations: the defaults. */
const [stepTime, logInterval, evalInterval] = [50, 10, 250];

const entry = `
export { TensorBoard } from './src/tensorboard/index.ts';
export { TrainingView } from './src/cli/live/training-view.ts';
export { Context } from './src/cli/context.ts';
`;
const { outputFiles } = await esbuild.build({
  stdin: { contents: entry, resolveDir: root, loader: 'ts' },
  ...{ bundle: true, write: false, platform: 'node', format: 'esm', packages: 'external', logLevel: 'error' },
});
const file = join(root, 'dist', 'bench-logging.mjs'); // packages are found from here
writeFileSync(file, outputFiles[0].text);
const { TensorBoard, TrainingView, Context } = await import(pathToFileURL(file));
rmSync(file);

/** Milliseconds of CPU time of one call, after as many that warm up. */
async function cost(times, work) {
  for (let i = 0; i < times; i++) await work(i);
  const before = process.cpuUsage();
  for (let i = times; i < 2 * times; i++) await work(i);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / times;
}

const step = (iter) => ({
  ...{ event: 'step', iter, loss: 4 - iter / 1e4, lr: 1e-3, gradNorm: 0.8 },
  ...{ tokensPerSecond: 9000, elapsed: iter / 20, memoryMB: 300 },
});
const weights = Float32Array.from({ length: 65536 }, (_, i) => Math.sin(i * 1e3) * 0.02);
const specs = Array.from({ length: 12 }, (_, i) => ({ name: `h.${i}.weight` })); // 12 of 65,536: 0.8 million
const board = new TensorBoard({
  ...{ folder: temporaryFolder('logging'), firstStep: 1, settings: {} },
  parameters: { specs, read: async () => weights.slice() },
});
const scalars = await cost(2000, (i) => board.add(step(i + 1)));
const histograms = await cost(20, (i) =>
  board.add({ event: 'eval', iter: i + 1, valLoss: 2, trainLoss: 2, bitsPerByte: 1 }),
);
board.close();

async function pageCost(columns, rows) {
  const stdout = Object.assign(Object.create(process.stdout), { isTTY: true, columns, rows, write: () => true });
  const context = new Context({ stdin: process.stdin, stdout, stderr: stdout, env: {} }, [], () => ({}));
  let now = 0;
  const start = { event: 'start', command: 'pretrain', backend: 'onnx', device: 'cpu', threads: 2, parameters: 809856 };
  const view = new TrainingView(context, { ...start, iter: 0, maxIters: 1e5, out: 'runs/book' }, () => now);
  view.open();
  view.add({ event: 'text', iter: 0, text: 'To be, or not to be, that is the question. '.repeat(20) });
  const each = await cost(1000, (i) => {
    now += stepTime * logInterval;
    view.add(step((i + 1) * logInterval));
  });
  view.close();
  return each;
}

const rows = [
  ['TensorBoard: scalars', scalars, logInterval],
  ['TensorBoard: histograms of 0.8 million parameters', histograms, evalInterval],
  ['live page, 80 x 24', await pageCost(80, 24), logInterval],
  ['live page, 160 x 50', await pageCost(160, 50), logInterval],
].map(([what, milliseconds, steps]) => ({
  what,
  milliseconds,
  perStep: milliseconds / steps,
  share: milliseconds / steps / stepTime,
}));
if (json) console.log(JSON.stringify(rows));
else
  for (const { what, milliseconds, perStep, share } of rows)
    console.log(
      `${what}: ${milliseconds.toFixed(3)} ms CPU, ${perStep.toFixed(4)} ms a step, ${(100 * share).toFixed(3)} % of it`,
    );
