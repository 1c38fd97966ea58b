// Several workers against one with a larger batch: losses, bytes on the wire, a killed worker, one that comes late, a cut
// link, resumed runs. `node bench/distributed.js [--net] [part ...]`, parts: processes kill late resume, and with --net, as
// root with iproute2, in network namespaces of its own also: hosts bytes cut. Needs TensorFlow (gpt-cli setup tensorflow).
import { execFileSync } from 'node:child_process';
import { cpSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ip, makeHosts, removeHosts, sent } from './distributed/hosts.js';
import {
  evalsOf,
  finished,
  furthest,
  launch,
  lossesOf,
  program,
  say,
  seconds,
  sleep,
  start,
  startWorkers,
  until,
  work,
} from './distributed/workers.js';

const text = resolve(import.meta.dirname, '..', 'data', 'stories.txt');
const net = process.argv.includes('--net');
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const small = ['--n-layer', '2', '--n-head', '2', '--n-embd', '32', '--block-size', '32', '--tokenizer', 'char'];
const common = [...small, '--threads', '1', '--log-interval', '1', '--eval-iters', '4', '--json'];

/** Runs all counts of workers one after the other; `run` gives worker 0's events once all have ended. */
async function losses(where, run) {
  const words = [text, ...common, '--max-iters', '50', '--eval-interval', '25', '--dropout', '0.1'];
  const own = (size) => [...words, '--batch-size', String(size)];
  const alone = start(['pretrain', ...own(16), '--backend', 'tensorflow', '-o', 'alone', '--overwrite']);
  await finished([alone]);
  for (const count of [2, 4, 8]) {
    const first = await run(count, own(16 / count));
    const steps = furthest(lossesOf(first), lossesOf(alone), 50);
    const evaluations = furthest(evalsOf(first), evalsOf(alone), 2);
    say(
      `${where.padEnd(9)} ${count} against one with the whole batch, 50 steps with dropout: ${steps.toExponential(1)} apart,`,
    );
    say(`          evaluations ${evaluations.toExponential(1)}, the last loss ${lossesOf(first).get(50).toFixed(4)}`);
    if (steps > 1e-4 || evaluations > 1e-4) throw new Error('the losses differ by more than 1e-4');
  }
}

const processes = () =>
  losses('processes', async (count, words) => {
    const run = launch(count, words, `processes${count}`);
    await finished([run]);
    return run;
  });

const hosts = () =>
  losses('hosts', async (count, words) => {
    const runs = await startWorkers(count, words, { out: `hosts${count}`, hosts: true });
    await finished(runs);
    return runs[0];
  });

const endless = [text, ...common, '--batch-size', '4', '--max-iters', '1000000', '--eval-interval', '40'];
const saved = ({ event, kind }) => event === 'checkpoint' && kind === 'last';

async function ended(runs, since, but) {
  for (const [i, run] of runs.entries()) {
    if (i === but) continue;
    const code = await run.done;
    say(`          worker ${i}: exit ${code} after ${seconds(since)} s: ${run.error()}`);
    if (code !== 2 || Number(seconds(since)) > 60) throw new Error('no clear error within a minute');
  }
}

async function kill() {
  for (const victim of [1, 0]) {
    const runs = await startWorkers(4, endless, { out: `kill${victim}` });
    await until(runs[0], saved);
    await sleep(1);
    const since = performance.now();
    runs[victim].child.kill('SIGKILL');
    say(`kill      worker ${victim} of 4 killed`);
    await ended(runs, since, victim);
    execFileSync(process.execPath, [program, 'inspect', join(work, `kill${victim}`)]);
    say('          the checkpoint opens');
  }
}

async function late() {
  const words = [text, ...common, '--batch-size', '4', '--max-iters', '5'];
  const runs = await startWorkers(2, words, { out: 'late', delay: (i) => i * 8 });
  await finished(runs);
  say(
    `late      worker 1 came after 8 s: the run finished; worker 0 said "${/waiting for .*/.exec(runs[0].err)?.[0]}"`,
  );
  const since = performance.now();
  const [alone] = await startWorkers(2, [...words, '--wait-for-workers', '5s'], { out: 'never', delay: (i) => i * 15 });
  const code = await alone.done;
  say(`          worker 1 not yet there: exit ${code} after ${seconds(since)} s: ${alone.error()}`);
  if (code !== 2) throw new Error('waited without end');
}

const weights = (out) =>
  Buffer.concat(['model', 'optimizer'].map((file) => readFileSync(join(work, out, 'last', `${file}.safetensors`))));

/** One worker of several is killed in the middle; the run goes on with as many, or with others. */
async function resumed() {
  const steps = 40;
  const plan = [
    { from: 1, size: 16, to: [1, 2] },
    { from: 2, size: 8, to: [2, 1, 4] },
    { from: 3, size: 4, to: [3, 2] },
    { from: 4, size: 4, to: [4, 2] },
  ];
  const settings = ['--jit', 'graph', '--dropout', '0.1', '--save-interval', '10', '--eval-interval', '20'];
  const words = [text, ...common, ...settings, '--max-iters', String(steps)];
  const begin = async (count, size, out) => {
    const own = [...words, '--batch-size', String(size)];
    if (count > 1) return startWorkers(count, own, { out });
    return [start(['pretrain', ...own, '--backend', 'tensorflow', '-o', out])];
  };
  for (const { from, size, to } of plan) {
    const whole = await begin(from, size, `whole${from}`);
    await finished(whole);
    const killed = await begin(from, size, `killed${from}`);
    await until(killed[0], ({ event, iter }) => event === 'step' && iter >= 23);
    killed.at(-1).child.kill('SIGKILL');
    await Promise.all(killed.map(({ done }) => done));
    const { iter } = JSON.parse(readFileSync(join(work, `killed${from}`, 'last', 'training_state.json'), 'utf8'));
    say(`resume    ${from} with ${size} sequences each, the last one killed; saved after step ${iter}`);
    for (const count of to) {
      const out = `resumed${from}-${count}`;
      cpSync(join(work, `killed${from}`), join(work, out), { recursive: true });
      const again = ['--resume', '--json'];
      const run =
        count > 1 ? launch(count, again, out) : start(['pretrain', ...again, '-o', out, '--backend', 'tensorflow']);
      await finished([run]);
      const apart = furthest(lossesOf(run), lossesOf(whole[0]), steps - iter);
      const same = weights(out).equals(weights(`whole${from}`));
      const bits = same ? 'the same bits' : 'other bits';
      say(
        `          with ${count}: losses ${apart.toExponential(1)} apart from a run never stopped, ${bits} in weights and moments`,
      );
      if (apart > 1e-4 || (count === from && !same)) throw new Error('the resumed run is another one');
    }
  }
}

async function bytes() {
  const model = ['--n-layer', '4', '--n-head', '4', '--n-embd', '128', '--block-size', '16', '--tokenizer', 'char'];
  const words = [text, ...model, ...common.slice(small.length), '--batch-size', '1', '--jit', 'graph'];
  for (const count of [2, 4, 8]) {
    const out = `bytes${count}`;
    const runs = await startWorkers(count, [...words, '--max-iters', '60', '--eval-interval', '1000'], {
      out,
      hosts: true,
    });
    const total = () => runs.reduce((sum, _, i) => sum + sent(i), 0) / count;
    await until(runs[0], ({ event, iter }) => event === 'step' && iter >= 10);
    const [from, before] = [runs[0].events.at(-1).iter, total()];
    await until(runs[0], ({ event, iter }) => event === 'step' && iter >= 50);
    const [to, after] = [runs[0].events.at(-1).iter, total()];
    await finished(runs);
    const { parameters } = runs[0].events.find(({ event }) => event === 'start');
    const perStep = (after - before) / (to - from);
    const bound = ((2 * (count - 1)) / count) * 4 * parameters;
    const ratio = (perStep / bound).toFixed(3);
    say(
      `bytes     ${count} hosts, ${parameters} parameters: ${Math.round(perStep)} sent a step and worker, ${ratio} of the bound`,
    );
  }
}

async function cut() {
  const runs = await startWorkers(3, endless, { out: 'cut', hosts: true });
  await until(runs[0], saved);
  await sleep(1);
  const since = performance.now();
  ip('-n', 'gptclibr', 'link', 'set', 'port1', 'down');
  say('cut       the link of host 1 of 3');
  await ended(runs, since);
}

const parts = { processes, kill, late, resume: resumed, ...(net && { hosts, bytes, cut }) };
const unknown = chosen.find((name) => !Object.hasOwn(parts, name));
if (unknown) throw new Error(`no part ${unknown}: there are ${Object.keys(parts).join(' ')}`);
try {
  if (net) makeHosts(8);
  for (const [name, part] of Object.entries(parts)) {
    if (chosen.length > 0 && !chosen.includes(name)) continue;
    const since = performance.now();
    await part();
    say(`          ${name}: ${seconds(since)} s`);
  }
} finally {
  if (net) removeHosts(8);
  rmSync(work, { recursive: true, force: true });
}
