// From the command to the first training step, and memory over a long run, of the reference model.
// node bench/start.js [--rounds 5] [--steps 2000] [--threads N] [--backend NAME] [--json]
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median, root, temporaryFolder } from './inputs/common.js';
import { writeTrainingData } from './inputs/training.js';

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    steps: { type: 'string', default: '2000' },
    threads: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'onnx' },
    json: { type: 'boolean', default: false },
  },
});
const folder = temporaryFolder();
const { text } = writeTrainingData({ folder, vocabulary: 65 });

/** Runs `pretrain` and calls `onEvent` with each event and the process. Resolves to the seconds of the whole. */
async function pretrain(steps, extra, onEvent) {
  const flags = ['--max-iters', String(steps), '--threads', options.threads, '--backend', options.backend];
  const quiet = ['--eval-iters', '1', '--eval-interval', '1000000', '--save-interval', '1000000'];
  const args = ['pretrain', text, '-c', 'char-tiny', ...flags, ...quiet, ...extra, '--json', '--overwrite'];
  const began = performance.now();
  const child = spawn(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args, '-o', join(folder, 'run')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface(child.stdout)) onEvent(JSON.parse(line), child, performance.now() - began);
  if (child.exitCode !== 0 && (await new Promise((resolve) => child.once('exit', resolve))) !== 0) process.exit(1);
}

const starts = [];
for (let round = 0; round < Number(options.rounds); round++)
  await pretrain(1, ['--log-interval', '1'], ({ event }, _, milliseconds) => {
    if (event === 'step') starts.push(milliseconds / 1000);
  });

/** Resident memory of a process in MB; where the system does not tell, undefined. */
function residentMB(pid) {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
  } catch {
    return undefined;
  }
}
const memory = [];
await pretrain(
  options.steps,
  ['--log-interval', String(Math.max(1, Math.floor(options.steps / 10)))],
  (event, child) => {
    if (event.event === 'step') memory.push({ iter: event.iter, residentMB: residentMB(child.pid) });
  },
);

const result = { secondsToFirstStep: median(starts), starts, memory };
if (options.json) console.log(JSON.stringify(result));
else {
  const seconds = (value) => value.toFixed(2);
  console.log(`first step after ${seconds(median(starts))} s (median of ${starts.map(seconds).join(', ')})`);
  console.log('resident memory, MB, by step:');
  for (const { iter, residentMB: mb } of memory)
    console.log(`${String(iter).padStart(8)}  ${mb?.toFixed(1) ?? 'unknown'}`);
}
