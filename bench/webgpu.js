// The engine on a GPU beside the same engine on the CPU: every operation of the suite, then training steps of a small
// GPT, on whatever adapter there is. Fails where they differ by more than 1e-3. Without an adapter it says why and exits 0.
// node bench/webgpu.js [--model small|reference] [--steps 50] [--dropout 0] [--no-suite] [--json]
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const models = {
  small: { vocabSize: 65, blockSize: 16, nLayer: 2, nHead: 2, nEmbd: 32, batchSize: 4 },
  reference: { vocabSize: 65, blockSize: 64, nLayer: 4, nHead: 4, nEmbd: 128, batchSize: 12 },
};
const { values: options } = parseArgs({
  allowNegative: true,
  options: {
    model: { type: 'string', default: 'small' },
    steps: { type: 'string', default: '50' },
    dropout: { type: 'string', default: '0' },
    suite: { type: 'boolean', default: true },
    json: { type: 'boolean', default: false },
  },
});
const model = models[options.model];
const steps = Number(options.steps);
if (model === undefined || !(steps > 0)) {
  console.error(`error: no model "${options.model}" (small, reference), or no steps in "${options.steps}"`);
  process.exit(2);
}
/** Absolute up to 1, relative above. */
const allowed = 1e-3;

const source = `
export { createOnnxEngine } from './src/engine/onnx/engine.js';
export { probe } from './src/engine/onnx/devices.js';
export { GraphSession } from './src/engine/onnx/session.js';
export { operationCases } from './src/engine/testing/cases.js';
export { feedsOf, graphOf, title } from './src/engine/testing/graphs.js';
export { Gpt, initialize, lossStep, parameterSpecs } from './src/model/index.js';
export { Random } from './src/rng.js';`;

async function bundled() {
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const outfile = join(root, 'dist', 'test', 'webgpu-bench.mjs');
  mkdirSync(dirname(outfile), { recursive: true });
  await esbuild.build({
    stdin: { contents: source, resolveDir: root, loader: 'ts' },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    external: Object.keys(dependencies),
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return import(pathToFileURL(outfile).href);
}

const { GraphSession, Gpt, Random, createOnnxEngine, initialize, lossStep, operationCases, parameterSpecs, ...rest } =
  await bundled();
const { feedsOf, graphOf, probe, title } = rest;
const say = (text) => options.json || console.log(text);

const { available, detail, reason, fix } = await probe('webgpu');
if (!available) {
  say(`no adapter, nothing was run: ${reason}`);
  if (fix) say(`  ${fix}`);
  say('  without a card: a software adapter does, docs/gpu.md says how');
  if (options.json) console.log(JSON.stringify({ available, reason, fix }));
  process.exit(0);
}
say(`adapter: ${detail ?? 'the system’s own'}`);

async function outputsOf(cases, device) {
  const session = await GraphSession.open(graphOf(cases), { device, threads: 2 });
  const outputs = await session.run(feedsOf(cases));
  await session.release();
  return outputs;
}

/** The largest difference, but where the CPU gives NaN or an infinity: WGSL need not know them. Those are counted. */
function compare(actual, expected, seen) {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let most = 0;
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i], expected[i]];
    if (Object.is(a, e) || a === e) continue;
    if (!Number.isFinite(e)) {
      seen.notFinite++;
      continue;
    }
    const off = Math.abs(a - e) / Math.max(1, Math.abs(e));
    most = Math.max(most, Number.isNaN(off) ? Number.POSITIVE_INFINITY : off);
  }
  return most;
}

async function suite() {
  const groups = new Map();
  for (const one of operationCases) groups.set(one.op, [...(groups.get(one.op) ?? []), one]);
  const seen = { operations: groups.size, outputs: 0, failures: [], worst: 0, worstOf: '', notFinite: 0 };
  for (const [op, cases] of groups) {
    const expected = await outputsOf(cases, 'cpu');
    let actual;
    try {
      actual = await outputsOf(cases, 'webgpu');
    } catch (error) {
      seen.failures.push(`${op}: ${error.message.split('\n')[0]}`);
      continue;
    }
    for (const [name, numbers] of Object.entries(expected)) {
      seen.outputs++;
      const off = compare(actual[name], numbers, seen);
      if (off > seen.worst) Object.assign(seen, { worst: off, worstOf: op });
      if (off > allowed) seen.failures.push(`${title(cases[Number.parseInt(name, 10)])}: off by ${off}`);
    }
  }
  return seen;
}

async function train(device) {
  const { batchSize, ...shape } = model;
  const dropout = Number(options.dropout);
  const gpt = await Gpt.create({ ...shape, dropout, bias: true, position: 'learned', layerNormEpsilon: 1e-5 });
  const specs = parameterSpecs(gpt.config);
  const engine = await createOnnxEngine({ device, threads: 2 });
  const state = await engine.createState(specs, { training: true });
  for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
  const time = shape.blockSize;
  const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
  const program = await engine.compileTraining(lossStep(gpt, { batchSize, time }), state, adamw);
  const results = [];
  let start = performance.now();
  for (let iteration = 1; iteration <= steps; iteration++) {
    if (iteration === 3) start = performance.now(); // shaders are compiled in the first steps
    results.push(await program.step([batchOf(iteration, batchSize, time, dropout)], { learningRate: 3e-3, iteration }));
  }
  const seconds = (performance.now() - start) / 1e3;
  await program.dispose();
  await state.dispose();
  gpt.dispose();
  return { results, tokensPerSecond: (Math.max(1, steps - 2) * batchSize * time) / seconds };
}

/** A rule to be learned: the next token is a random one of three that follow from this one. */
function batchOf(iteration, batchSize, time, dropout) {
  const random = new Random(iteration);
  const row = () => {
    const tokens = [random.integer(model.vocabSize)];
    while (tokens.length <= time) tokens.push((tokens.at(-1) * 3 + random.integer(3)) % model.vocabSize);
    return tokens;
  };
  const rows = Array.from({ length: batchSize }, row);
  const ids = Int32Array.from(rows.flatMap((tokens) => tokens.slice(0, -1)));
  const targets = Int32Array.from(rows.flatMap((tokens) => tokens.slice(1)));
  return { ids, targets, ...(dropout > 0 ? { seed: Int32Array.of(1), step: Int32Array.of(iteration) } : {}) };
}

const most = (numbers) => numbers.reduce((a, b) => Math.max(a, b), 0);
let failed = false;
const report = { available, adapter: detail };
if (options.suite) {
  const seen = await suite();
  report.suite = seen;
  for (const failure of seen.failures) say(`  ${failure}`);
  const counts = `${seen.operations} operations, ${seen.outputs} outputs, ${seen.failures.length} beyond ${allowed}`;
  say(`suite: ${counts}; worst ${seen.worst.toExponential(1)} (${seen.worstOf})`);
  say(`       ${seen.notFinite} numbers that are NaN or infinite on the CPU came out otherwise, which WGSL allows`);
  failed ||= seen.failures.length > 0;
}
const [cpu, gpu] = [await train('cpu'), await train('webgpu')];
const apart = (key) => most(gpu.results.map((result, i) => Math.abs(result[key] - cpu.results[i][key])));
const [lossApart, normApart] = [apart('loss'), apart('gradNorm')];
const [first, last] = [gpu.results[0].loss, gpu.results.at(-1).loss];
failed ||= !(lossApart <= allowed);
report.training = { model: options.model, steps, first, last, lossApart, normApart };
report.tokensPerSecond = { cpu: cpu.tokensPerSecond, webgpu: gpu.tokensPerSecond };
say(`training, ${options.model} model, ${steps} steps: loss ${first.toFixed(4)} to ${last.toFixed(4)}`);
say(`  losses at most ${lossApart.toExponential(1)} apart from the CPU's, norms ${normApart.toExponential(1)}`);
say(`  ${gpu.tokensPerSecond.toFixed(0)} tokens/s on webgpu, ${cpu.tokensPerSecond.toFixed(0)} on the CPU (2 threads)`);
say(failed ? 'FAILED: the GPU and the CPU differ' : 'passed: the GPU and the CPU agree');
if (options.json) console.log(JSON.stringify({ ...report, passed: !failed }));
// Not process.exit: with GPU work behind it, it may end in a crash of the driver's threads.
process.exitCode = failed ? 1 : 0;
