// Where the time of a training step goes: runs `gpt-cli pretrain --profile` for some steps, or reads a profile that there
// is, and prints onnxruntime's own times as a table by operator: milliseconds a step, share, calls a step.
// node bench/profile.js [--threads N] [--steps 20] [--nodes] [--json] [-- <options of pretrain>]   default: -c char-tiny
// node bench/profile.js --file PREFIX-loss-..._....json [--nodes] [--json]
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, requireBuilt, root, temporaryFolder } from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    threads: { type: 'string' },
    steps: { type: 'string', default: '20' },
    file: { type: 'string' },
    nodes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** Trains on random characters and gives the path of the training program's profile. */
function profiled(folder) {
  requireBuilt();
  const { text } = writeTrainingData({ folder, vocabulary: 65 });
  const own = positionals.length > 0 ? positionals : ['-c', 'char-tiny'];
  const flags = ['--max-iters', options.steps, '--eval-iters', '1', '--out', join(folder, 'run')];
  if (options.threads) flags.push('--threads', options.threads);
  const command = [join(root, 'bin', 'gpt-cli.js'), 'pretrain', text, ...own, ...flags, '--profile', join(folder, 'p')];
  execFileSync(process.execPath, [...command, '--quiet'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const name = readdirSync(folder).find((file) => file.startsWith('p-loss-'));
  if (name === undefined) fail('the run wrote no profile');
  return join(folder, name);
}

/** Sums the times of a profile, the first run left out: it fills caches. */
function summarize(events, keyOf) {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  if (runs.length < 2) fail(`the profile has ${runs.length} run(s), at least 2 are needed`);
  const measured = runs.slice(1);
  const start = measured[0].ts;
  const rows = new Map();
  for (const { cat, name, ts, dur, args } of events) {
    if (cat !== 'Node' || !name.endsWith('_kernel_time') || ts < start) continue;
    const key = keyOf(name, args);
    const row = rows.get(key) ?? { microseconds: 0, calls: 0 };
    rows.set(key, { microseconds: row.microseconds + dur, calls: row.calls + 1 });
  }
  const inKernels = [...rows.values()].reduce((sum, { microseconds }) => sum + microseconds, 0);
  const whole = measured.reduce((sum, { dur }) => sum + dur, 0);
  rows.set('(between nodes)', { microseconds: whole - inKernels, calls: 0 });
  const steps = measured.length;
  const table = [...rows].map(([name, { microseconds, calls }]) => ({
    name,
    milliseconds: microseconds / 1000 / steps,
    share: microseconds / whole,
    calls: calls / steps,
  }));
  return { steps, milliseconds: whole / 1000 / steps, rows: table.sort((a, b) => b.milliseconds - a.milliseconds) };
}

const shapes = (types) => types.flatMap((type) => Object.values(type).map((shape) => `[${shape}]`)).join(' ');
const byOperator = (_, { op_name }) => op_name;
const byNode = (name, { op_name, input_type_shape }) =>
  `${name.replace('_kernel_time', '')} ${op_name} ${shapes(input_type_shape)}`;

const folder = temporaryFolder('profile');
const events = JSON.parse(readFileSync(options.file ?? profiled(folder), 'utf8'));
const summary = summarize(events, options.nodes ? byNode : byOperator);
if (options.json) console.log(JSON.stringify(summary));
else {
  const shown = summary.rows.slice(0, 40);
  const width = Math.max(...shown.map(({ name }) => name.length));
  console.log(`${'op'.padEnd(width)}  ms a step   share  calls a step`);
  for (const { name, milliseconds, share, calls } of shown) {
    const cells = [
      milliseconds.toFixed(3).padStart(9),
      `${(100 * share).toFixed(1)} %`.padStart(7),
      String(calls).padStart(12),
    ];
    console.log(`${name.padEnd(width)}  ${cells.join(' ')}`);
  }
  const { milliseconds, steps } = summary;
  console.log(`${milliseconds.toFixed(2)} ms a step in the compiled graph, mean of ${steps} steps; AdamW comes on top`);
}
