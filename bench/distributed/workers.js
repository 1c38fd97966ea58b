// Starts workers of gpt-cli as processes of one machine or as hosts in network namespaces, and reads their events.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { root, temporaryFolder } from '../inputs/common.js';

export const program = join(root, 'bin', 'gpt-cli.js');
export const work = temporaryFolder('distributed');

/** Small text to train on, and flags that make a run short and its events many. */
export const text = join(root, 'data', 'stories.txt');
export const common = ['--threads', '1', '--log-interval', '1', '--eval-iters', '4', '--json'];
export const small = ['--n-layer', '2', '--n-head', '2', '--n-embd', '32', '--block-size', '32', '--tokenizer', 'char'];

export const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

let [awake, looked] = [0, performance.now()];
/** Milliseconds on a shared machine: time for which this process and its workers were stopped does not count. */
export function clock() {
  const now = performance.now();
  awake += Math.min(2000, now - looked);
  looked = now;
  return awake;
}
setInterval(clock, 200).unref();
/** Between two times, or until now. */
export const seconds = (since, until = clock()) => ((until - since) / 1000).toFixed(1);

const running = new Set();
/** Ends what is left of a part that failed. */
export function endAll() {
  for (const child of running) child.kill('SIGKILL');
}
process.once('exit', endAll);

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** One process; `events` collects what it reports, `began` and `ended` are times. */
export function start(words, { env = {}, cwd = work, space } = {}) {
  const node = [process.execPath, program, ...words];
  const [file, ...rest] = space ? ['ip', 'netns', 'exec', space, ...node] : node;
  const child = spawn(file, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const run = { child, events: [], err: '', heard: () => {}, began: clock() };
  let open = '';
  child.stdout.setEncoding('utf8').on('data', (piece) => {
    const lines = (open + piece).split('\n');
    open = lines.pop();
    for (const line of lines) {
      const event = JSON.parse(line);
      run.events.push(event);
      run.heard(event);
    }
  });
  child.stderr.setEncoding('utf8').on('data', (piece) => {
    run.err += piece;
  });
  run.done = new Promise((done) => child.on('close', (code) => done(code ?? 137)));
  run.done.then(() => {
    run.ended = clock();
    running.delete(child);
  });
  run.error = () => /^(\[\d+\] )?error: .*$/m.exec(run.err)?.[0] ?? run.err.slice(-300).replaceAll('\n', ' ');
  return run;
}

/**
 * All workers; in namespaces each has a folder of its own, so only worker 0 sees the run folder.
 * @param words the command and what follows it
 */
export async function startWorkers(count, words, { out, hosts, delay = () => 0 }) {
  const ports = hosts ? [] : await freePorts(count);
  const worker = Array.from({ length: count }, (_, i) => (hosts ? `10.77.0.${i + 1}:2222` : `127.0.0.1:${ports[i]}`));
  return Promise.all(
    worker.map(async (_, index) => {
      await sleep(delay(index));
      const env = { TF_CONFIG: JSON.stringify({ cluster: { worker }, task: { type: 'worker', index } }) };
      const cwd = hosts ? join(work, `host${index}`) : work;
      mkdirSync(cwd, { recursive: true });
      return start([...words, '-o', out], { env, cwd, ...(hosts && { space: `gptcli${index}` }) });
    }),
  );
}

/** All workers by `gpt-cli launch`: one process that shows worker 0's events. One worker is no cluster. */
export function launch(count, words, out) {
  if (count === 1) return start([...words, '-o', out, '--backend', 'tensorflow']);
  return start(['launch', '--workers', String(count), '--', ...words, '-o', out]);
}

export const finished = async (runs) => {
  const codes = await Promise.all(runs.map(({ done }) => done));
  const at = codes.findIndex((code) => code !== 0);
  if (at >= 0) throw new Error(`worker ${at} exited with ${codes[at]}: ${runs[at].error()}`);
};

const byStep = ({ events }, kind, key) =>
  new Map(events.filter(({ event }) => event === kind).map((e) => [e.iter, e[key]]));

export const lossesOf = (run) => byStep(run, 'step', 'loss');
export const evalsOf = (run) => byStep(run, 'eval', 'valLoss');

/** The furthest that two runs are apart at the steps of `a`, of which there must be `count`, all in `b`. */
export const furthest = (a, b, count) => {
  if (a.size !== count) throw new Error(`${a.size} numbers instead of ${count}`);
  return Math.max(
    ...[...a].map(([iter, value]) => {
      if (!b.has(iter)) throw new Error(`nothing of step ${iter} to compare with`);
      return Math.abs(value - b.get(iter));
    }),
  );
};
export const until = async (run, test) => {
  if (run.events.some(test)) return;
  await new Promise((done, fail) => {
    run.heard = (event) => test(event) && done();
    run.done.then(() => fail(new Error(`ended too soon: ${run.error()}`)));
  });
};
