// Starts workers of gpt-cli as processes of one machine or as hosts in network namespaces, and reads their events.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const program = resolve(import.meta.dirname, '..', '..', 'bin', 'gpt-cli.js');
export const work = mkdtempSync(join(tmpdir(), 'gpt-cli-distributed-'));

export const say = (line) => process.stdout.write(`${line}\n`);
export const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
export const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** One process; `events` collects what it reports. */
export function start(words, { env = {}, cwd = work, space } = {}) {
  const node = [process.execPath, program, ...words];
  const [file, ...rest] = space ? ['ip', 'netns', 'exec', space, ...node] : node;
  const child = spawn(file, rest, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const run = { child, events: [], err: '', heard: () => {} };
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
  run.error = () => /^error: .*$/m.exec(run.err)?.[0] ?? run.err.slice(-300);
  return run;
}

/** All workers; in namespaces each has a folder of its own, so only worker 0 sees the run folder. */
export async function startWorkers(count, words, { out, hosts, delay = () => 0 }) {
  const ports = hosts ? [] : await freePorts(count);
  const worker = Array.from({ length: count }, (_, i) => (hosts ? `10.77.0.${i + 1}:2222` : `127.0.0.1:${ports[i]}`));
  return Promise.all(
    worker.map(async (_, index) => {
      await sleep(delay(index));
      const env = { TF_CONFIG: JSON.stringify({ cluster: { worker }, task: { type: 'worker', index } }) };
      const cwd = hosts ? join(work, `host${index}`) : work;
      mkdirSync(cwd, { recursive: true });
      return start(['pretrain', ...words, '-o', out], { env, cwd, ...(hosts && { space: `gptcli${index}` }) });
    }),
  );
}

/** All workers by `gpt-cli launch`: one process that shows worker 0's events. */
export function launch(count, words, out) {
  return start(['launch', '--workers', String(count), '--', 'pretrain', ...words, '-o', out]);
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
