// Several workers against one with a larger batch: losses, bytes on the wire, a killed worker, one that comes late, a cut
// link, a resumed run. `node bench/distributed.js [--net] [part ...]`, parts: losses kill late resume, and with --net, as
// root with iproute2, in network namespaces of its own: losses bytes cut. Needs TensorFlow (gpt-cli setup tensorflow).
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const program = resolve(import.meta.dirname, '..', 'bin', 'gpt-cli.js');
const text = resolve(import.meta.dirname, '..', 'data', 'stories.txt');
const work = mkdtempSync(join(tmpdir(), 'gpt-cli-distributed-'));
const net = process.argv.includes('--net');
const chosen = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const small = ['--n-layer', '2', '--n-head', '2', '--n-embd', '32', '--block-size', '32', '--tokenizer', 'char'];
const common = [...small, '--threads', '1', '--log-interval', '1', '--eval-iters', '4', '--json'];

const say = (line) => process.stdout.write(`${line}\n`);
const sleep = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const seconds = (since) => ((performance.now() - since) / 1000).toFixed(1);

async function freePorts(count) {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => new Promise((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}

/** One process; `lines` collects its events. */
function start(words, { env = {}, cwd = work, space }) {
  const node = [process.execPath, program, 'pretrain', ...words];
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
async function startWorkers(count, words, { out, hosts, delay = () => 0 }) {
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

const finished = async (runs) => {
  const codes = await Promise.all(runs.map(({ done }) => done));
  const at = codes.findIndex((code) => code !== 0);
  if (at >= 0) throw new Error(`worker ${at} exited with ${codes[at]}: ${runs[at].error()}`);
};

const lossesOf = ({ events }) => events.filter(({ event }) => event === 'step').map(({ loss }) => loss);
const evalsOf = ({ events }) => events.filter(({ event }) => event === 'eval').map(({ valLoss }) => valLoss);
const furthest = (a, b) => {
  if (a.length === 0 || a.length !== b.length) throw new Error(`${a.length} numbers against ${b.length}`);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
};
const until = async (run, test) => {
  if (run.events.some(test)) return;
  await new Promise((done, fail) => {
    run.heard = (event) => test(event) && done();
    run.done.then(() => fail(new Error(`ended too soon: ${run.error()}`)));
  });
};

async function losses(hosts) {
  const words = [text, ...common, '--max-iters', '50', '--eval-interval', '25'];
  const alone = start([...words, '--batch-size', '16', '--backend', 'tensorflow', '-o', 'alone', '--overwrite'], {});
  await finished([alone]);
  for (const count of [2, 4, 8]) {
    const own = ['--batch-size', String(16 / count)];
    const runs = await startWorkers(count, [...words, ...own], { out: `losses${count}`, hosts });
    await finished(runs);
    const steps = furthest(lossesOf(alone), lossesOf(runs[0]));
    const evaluations = furthest(evalsOf(alone), evalsOf(runs[0]));
    const where = hosts ? 'hosts' : 'processes';
    say(`losses  ${count} ${where} against one with the whole batch, 50 steps: ${steps.toExponential(1)} apart,`);
    say(`        evaluations ${evaluations.toExponential(1)}, the last loss ${lossesOf(runs[0]).at(-1).toFixed(4)}`);
    if (steps > 1e-4 || evaluations > 1e-4) throw new Error('the losses differ by more than 1e-4');
  }
}

const endless = [text, ...common, '--batch-size', '4', '--max-iters', '1000000', '--eval-interval', '40'];
const saved = ({ event, kind }) => event === 'checkpoint' && kind === 'last';

async function ended(runs, since, but) {
  for (const [i, run] of runs.entries()) {
    if (i === but) continue;
    const code = await run.done;
    say(`        worker ${i}: exit ${code} after ${seconds(since)} s: ${run.error()}`);
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
    say(`kill    worker ${victim} of 4 killed`);
    await ended(runs, since, victim);
    execFileSync(process.execPath, [program, 'inspect', join(work, `kill${victim}`)]);
    say('        the checkpoint opens');
  }
}

async function late() {
  const words = [text, ...common, '--batch-size', '4', '--max-iters', '5'];
  const runs = await startWorkers(2, words, { out: 'late', delay: (i) => i * 8 });
  await finished(runs);
  say(`late    worker 1 came after 8 s: the run finished; worker 0 said "${/waiting for .*/.exec(runs[0].err)?.[0]}"`);
  const since = performance.now();
  const [alone] = await startWorkers(2, [...words, '--wait-for-workers', '5s'], { out: 'never', delay: (i) => i * 15 });
  const code = await alone.done;
  say(`        worker 1 not yet there: exit ${code} after ${seconds(since)} s: ${alone.error()}`);
  if (code !== 2) throw new Error('waited without end');
}

const weights = (out) => readFileSync(join(work, out, 'last', 'model.safetensors'));

async function resumed() {
  const words = (iters) => ['--max-iters', String(iters), '--save-interval', '10', '--eval-interval', '20'];
  const steady = ['--warmup-iters', '0', '--jit', 'xla'];
  const fresh = (iters) => [text, ...common, '--lr-schedule', 'constant', ...steady, ...words(iters)];
  const whole = await startWorkers(2, [...fresh(40), '--batch-size', '8'], { out: 'whole' });
  await finished(whole);
  for (const [count, size] of [
    [2, 8],
    [4, 4],
    [1, 16],
  ]) {
    const out = `resumed${count}`;
    await finished(await startWorkers(2, [...fresh(20), '--batch-size', '8'], { out }));
    const again = ['--resume', '--max-iters', '40', '--batch-size', String(size), '--json'];
    const runs =
      count === 1
        ? [start([...again, '--backend', 'tensorflow', '-o', out], {})]
        : await startWorkers(count, again, { out });
    await finished(runs);
    const apart = furthest(lossesOf(whole[0]).slice(20), lossesOf(runs[0]));
    const same = weights(out).equals(weights('whole'));
    say(`resume  20 steps with 2 workers, 20 with ${count}, batches kept: losses ${apart.toExponential(1)} apart,`);
    say(`        weights ${same ? 'the same bits' : 'other bits'} as of a run never stopped`);
    if (apart > 1e-4 || (count === 2 && !same)) throw new Error('the resumed run is another one');
  }
}

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'pipe'] });
const sent = (i) => {
  const path = `/sys/class/net/eth${i}/statistics/tx_bytes`;
  return Number(ip('netns', 'exec', `gptcli${i}`, 'cat', path).toString());
};

/** Hosts 10.77.0.1, .2 ... as namespaces on a bridge in one more. */
function makeHosts(count) {
  ip('netns', 'add', 'gptclibr');
  ip('-n', 'gptclibr', 'link', 'add', 'br0', 'type', 'bridge');
  ip('-n', 'gptclibr', 'link', 'set', 'br0', 'up');
  for (let i = 0; i < count; i++) {
    ip('netns', 'add', `gptcli${i}`);
    ip(
      'link',
      'add',
      `eth${i}`,
      'netns',
      `gptcli${i}`,
      'type',
      'veth',
      'peer',
      'name',
      `port${i}`,
      'netns',
      'gptclibr',
    );
    ip('-n', 'gptclibr', 'link', 'set', `port${i}`, 'master', 'br0', 'up');
    ip('-n', `gptcli${i}`, 'addr', 'add', `10.77.0.${i + 1}/24`, 'dev', `eth${i}`);
    for (const device of [`eth${i}`, 'lo']) ip('-n', `gptcli${i}`, 'link', 'set', device, 'up');
  }
}

function removeHosts(count) {
  for (const name of ['gptclibr', ...Array.from({ length: count }, (_, i) => `gptcli${i}`)]) {
    if (existsSync(`/run/netns/${name}`)) ip('netns', 'del', name);
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
      `bytes   ${count} hosts, ${parameters} parameters: ${Math.round(perStep)} sent a step and worker, ${ratio} of the bound`,
    );
  }
}

async function cut() {
  const runs = await startWorkers(3, endless, { out: 'cut', hosts: true });
  await until(runs[0], saved);
  await sleep(1);
  const since = performance.now();
  ip('-n', 'gptclibr', 'link', 'set', 'port1', 'down');
  say('cut     the link of host 1 of 3');
  await ended(runs, since);
}

const local = { losses: () => losses(false), kill, late, resume: resumed };
const spaced = { losses: () => losses(true), bytes, cut };
const parts = net ? spaced : local;
try {
  if (net) makeHosts(8);
  for (const [name, part] of Object.entries(parts)) if (chosen.length === 0 || chosen.includes(name)) await part();
} finally {
  if (net) removeHosts(8);
  rmSync(work, { recursive: true, force: true });
}
