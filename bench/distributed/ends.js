// Workers that are lost, and workers that come late.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { cutLink } from './hosts.js';
import { clock, common, finished, program, seconds, sleep, small, startWorkers, text, until, work } from './workers.js';

const words = ['pretrain', text, ...small, ...common, '--batch-size', '4'];
const endless = [...words, '--max-iters', '1000000', '--eval-interval', '40'];
const saved = ({ event, kind }) => event === 'checkpoint' && kind === 'last';

/** All but one must end by themselves, with an error that names a worker. */
async function ended(report, runs, since, but) {
  for (const [i, run] of runs.entries()) {
    if (i === but) continue;
    const code = await run.done;
    const after = seconds(since, run.ended);
    const met = code === 2 && Number(after) <= 60 && /^error: worker \d+ \(/.test(run.error());
    report.check(`worker ${i}`, `exit ${code} after ${after} s`, 'exit 2 within 60 s, names the lost one', met);
    report.say(`  ${run.error()}`);
  }
}

export async function kill(report) {
  for (const victim of [1, 0]) {
    const out = `kill${victim}`;
    const runs = await startWorkers(4, endless, { out });
    await until(runs[0], saved);
    await sleep(1);
    const since = clock();
    runs[victim].child.kill('SIGKILL');
    report.say(`worker ${victim} of 4 killed`);
    await ended(report, runs, since, victim);
    execFileSync(process.execPath, [program, 'inspect', join(work, out)]);
    report.check('the checkpoint after it', 'opens', 'opens', true);
  }
}

export async function late(report) {
  const short = [...words, '--max-iters', '5'];
  const runs = await startWorkers(2, short, { out: 'late', delay: (i) => i * 8 });
  await finished(runs);
  const told = /waiting for .*/.exec(runs[0].err)?.[0];
  report.check('8 s late', `finished; "${told}"`, 'finishes, says whom it waits for', told !== undefined);
  const waiting = [...short, '--wait-for-workers', '5s'];
  const all = await startWorkers(2, waiting, { out: 'never', delay: (i) => i * 15 });
  const code = await all[0].done;
  const after = seconds(all[0].began, all[0].ended);
  report.check('never there', `exit ${code} after ${after} s`, 'exit 2 within 60 s', code === 2 && Number(after) <= 60);
  report.say(`  ${all[0].error()}`);
}

export async function cut(report) {
  const runs = await startWorkers(3, endless, { out: 'cut', hosts: true });
  await until(runs[0], saved);
  await sleep(1);
  const since = clock();
  cutLink(1);
  report.say('the link of host 1 of 3 cut');
  await ended(report, runs, since);
}
