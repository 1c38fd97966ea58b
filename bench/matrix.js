// The table of training speeds in float32: each engine here against PyTorch, eager and compiled, on every recipe. All programs of a
// row take turns on the same machine, round by round; a figure is the median of the rounds. "Of the limit": the arithmetic of the
// step's matrix products (inspect --estimate) at the measured speed, as a share of the fastest float32 products that doctor finds.
// node bench/matrix.js [ROW...] [--threads 2] [--rounds 3] [--steps N] [--engines onnx,openvino,tensorflow] [--peers eager,compile]
//   [--results FILE] [--json]
// With --results each call adds its rounds to FILE and prints the table of all that is in there, so that rows can be measured one
// at a time. Engines that are not set up are skipped. Needs torch and transformers: GPT_CLI_VENV, or .venv. The rows on finetuning
// need the data of bench/finetune-speed.js.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fail, median, requireBuilt, requirePython, root, temporaryFolder } from './inputs/common.js';
import { flopsPerToken, models, trainHere, trainInPeer } from './inputs/speed.js';
import { writeTrainingData } from './inputs/training.js';

const finetuning = { classifier: 'train', instructions: 'instruct' };
const rows = [...Object.keys(models), ...Object.keys(finetuning)];

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '3' },
    steps: { type: 'string' },
    engines: { type: 'string', default: 'onnx,openvino,tensorflow' },
    peers: { type: 'string', default: 'eager,compile' },
    results: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const unknown = positionals.find((row) => !rows.includes(row));
if (unknown !== undefined) fail(`no row "${unknown}" (there are ${rows.join(', ')})`);
requirePython('torch and transformers');
requireBuilt();

const folder = temporaryFolder();
const threads = Number(options.threads);
const examined = enginesHere();
const engines = options.engines.split(',').filter((name) => examined.some((one) => one.name === name && one.available));
/** 10^9 multiplications and additions a second in float32. */
const limit = Math.max(
  ...examined.flatMap(({ devices }) => devices.flatMap(({ name, gflops = 0 }) => (name === 'cpu' ? [gflops] : []))),
);
const peers = options.peers.split(',').filter(Boolean);

/** What the program itself says of its engines, with the speed of their matrix products on so many threads. */
function enginesHere() {
  const program = [join(root, 'bin', 'gpt-cli.js'), 'doctor', '--threads', options.threads, '--json'];
  return JSON.parse(execFileSync(process.execPath, program, { encoding: 'utf8' })).engines;
}

/** One round of pretraining: what each program measured. Each round begins with another program: processors slow down. */
function pretraining(row, round) {
  const model = models[row];
  const data = writeTrainingData({ folder, vocabulary: model.vocabulary });
  const how = { steps: Number(options.steps ?? model.steps), threads };
  const here = (backend) => {
    const jit = backend === 'tensorflow' ? 'xla' : undefined;
    return trainHere(folder, model, data, { ...how, backend, precision: 'f32', jit });
  };
  const programs = [...engines, ...peers];
  const first = round % programs.length;
  const measured = {};
  for (const program of [...programs.slice(first), ...programs.slice(0, first)])
    measured[program] = engines.includes(program)
      ? here(program)
      : trainInPeer(folder, model, data, { ...how, peer: program });
  const counts = new Set(Object.values(measured).map(({ parameters }) => parameters));
  if (counts.size > 1) fail(`the programs differ in their number of parameters: ${[...counts].join(', ')}`);
  return Object.fromEntries(
    Object.entries(measured).map(([name, { tokensPerSecond, peakMemoryMB }]) => [
      name,
      { speed: tokensPerSecond, memory: peakMemoryMB },
    ]),
  );
}

const flops = new Map();
/** For each token, of a row that was just trained here. */
function flopsOf(row) {
  if (!flops.has(row)) flops.set(row, flopsPerToken(folder));
  return flops.get(row);
}

/** One round of finetuning, against transformers with the same batches. */
function finetuningRound(row) {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'finetune-speed.js');
  const args = ['--work', finetuning[row], '--peer', 'buckets', '--rounds', '1', '--steps', '40', '--json'];
  const measured = {};
  for (const backend of engines) {
    const all = [script, ...args, '--threads', String(threads), '--backend', backend];
    const result = JSON.parse(execFileSync(process.execPath, all, { encoding: 'utf8' }).trim().split('\n').at(-1));
    measured[backend] = { speed: result.sentencesPerSecond, ratio: result.ratio };
  }
  return measured;
}

const found = options.results && existsSync(options.results) ? JSON.parse(readFileSync(options.results, 'utf8')) : [];
for (let round = 0; round < Number(options.rounds); round++)
  for (const row of positionals.length > 0 ? positionals : rows) {
    const before = found.filter((one) => one.row === row && one.threads === threads).length;
    const measured = row in models ? pretraining(row, before) : finetuningRound(row);
    found.push({ row, threads, limit, ...(row in models && { flops: flopsOf(row) }), measured });
    if (options.results) writeFileSync(options.results, `${JSON.stringify(found, null, 1)}\n`);
  }

/** "1.12x (1.08 to 1.15)": against the peer that is fastest in the median, or as a row of finetuning gives it. */
function ratios(rounds, engine) {
  const medianOf = (name) => median(rounds.flatMap(({ [name]: one }) => (one ? [one.speed] : [])));
  const known = ['eager', 'compile'].filter((peer) => rounds.some((round) => round[peer]));
  const [fastest] = known.toSorted((a, b) => medianOf(b) - medianOf(a));
  const each = rounds.flatMap(({ [engine]: one, [fastest]: peer }) => {
    const ratio = one?.ratio ?? (one && peer && one.speed / peer.speed);
    return ratio === undefined ? [] : [ratio];
  });
  if (each.length === 0) return '';
  return `${median(each).toFixed(2)}x${range(each, 2)}`;
}

/** "71 % (70 to 73)" of the limit of its own round. Finetuning rows, whose batches differ in length, have none. */
function shares(rounds, engine) {
  const each = rounds.flatMap(({ limit: most, flops, measured: { [engine]: one } }) =>
    one && flops ? [(100 * one.speed * flops) / (1e9 * most)] : [],
  );
  return each.length > 0 ? `${median(each).toFixed(0)} %${range(each, 0)}` : '';
}

/** " (1.08 to 1.15)", where there is more than one. */
function range(values, digits) {
  if (values.length < 2) return '';
  return ` (${[Math.min(...values), Math.max(...values)].map((value) => value.toFixed(digits)).join(' to ')})`;
}

/** Median peak memory in MB. */
function memory(rounds, program) {
  const all = rounds.flatMap(({ [program]: one }) => (one?.memory ? [one.memory] : []));
  return all.length > 0 ? median(all).toFixed(0) : '';
}

if (options.json) console.log(JSON.stringify(found));
else {
  const programs = ['onnx', 'openvino', 'tensorflow'];
  console.log(`${cpus()[0].model.trim()}, ${cpus().length} processors, Node ${process.version}; float32\n`);
  const columns = ['row', 'threads', 'rounds', ...programs, `of the limit: ${programs.join(' / ')}`];
  columns.push(`memory: ${[...programs, 'eager', 'compile'].join(' / ')}`);
  console.log(`| ${columns.join(' | ')} |`);
  console.log(`|${'---|'.repeat(columns.length)}`);
  for (const row of rows)
    for (const count of [1, 2, threads].filter((n, i, all) => all.indexOf(n) === i)) {
      const all = found.filter((one) => one.row === row && one.threads === count);
      if (all.length === 0) continue;
      const rounds = all.map(({ measured }) => measured);
      const used = [...programs, 'eager', 'compile'].map((program) => memory(rounds, program)).join(' / ');
      const cells = programs.map((engine) => ratios(rounds, engine)).join(' | ');
      const reached = programs.map((engine) => shares(all, engine)).join(' / ');
      console.log(`| ${row} | ${count} | ${rounds.length} | ${cells} | ${reached} | ${used} |`);
    }
}
