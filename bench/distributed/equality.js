// Two, four and eight workers against one with the whole batch: the losses of 50 steps with dropout, and the evaluations.
import { common, evalsOf, finished, furthest, launch, lossesOf, small, startWorkers, text } from './workers.js';

const words = [
  ...['pretrain', text, ...small, ...common],
  ...['--optimizer', 'adamw', '--max-iters', '50', '--eval-interval', '25', '--dropout', '0.1'],
];
const sized = (size) => [...words, '--batch-size', String(size)];

/** Runs all counts of workers one after the other; `run` gives worker 0's events once all have ended. */
async function equality(report, run) {
  const alone = launch(1, [...sized(16), '--overwrite'], 'alone');
  await finished([alone]);
  for (const count of [2, 4, 8]) {
    const first = await run(count, sized(16 / count));
    const last = `, the last loss ${lossesOf(first).get(50)?.toFixed(4)}`;
    report.checkApart(`${count} against one, 50 losses`, furthest(lossesOf(first), lossesOf(alone), 50), last);
    report.checkApart(`${count} against one, evaluations`, furthest(evalsOf(first), evalsOf(alone), 2));
  }
}

/** Processes of `gpt-cli launch`. */
export const processes = (report) =>
  equality(report, async (count, own) => {
    const run = launch(count, own, `processes${count}`);
    await finished([run]);
    return run;
  });

export const hosts = (report) =>
  equality(report, async (count, own) => {
    const runs = await startWorkers(count, own, { out: `hosts${count}`, hosts: true });
    await finished(runs);
    return runs[0];
  });
