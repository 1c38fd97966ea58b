// Bytes on the wire between hosts, against what a ring all-reduce must send: 2(N-1)/N times the gradient. They are counted when a
// step is reported, so a little more or less of a step may be in them.
import { sent } from './hosts.js';
import { common, finished, startWorkers, text, until } from './workers.js';

const model = ['--n-layer', '4', '--n-head', '4', '--n-embd', '128', '--block-size', '16', '--tokenizer', 'char'];
const words = [
  ...['pretrain', text, ...model, ...common, '--batch-size', '1', '--jit', 'graph'],
  ...['--optimizer', 'adamw', '--max-iters', '60', '--eval-interval', '1000'],
];

export async function bytes(report) {
  for (const count of [2, 4, 8]) {
    const runs = await startWorkers(count, words, { out: `bytes${count}`, hosts: true });
    const total = () => runs.reduce((sum, _, i) => sum + sent(i), 0) / count;
    await until(runs[0], ({ event, iter }) => event === 'step' && iter >= 10);
    const [from, before] = [runs[0].events.at(-1).iter, total()];
    await until(runs[0], ({ event, iter }) => event === 'step' && iter >= 50);
    const [to, after] = [runs[0].events.at(-1).iter, total()];
    await finished(runs);
    const { parameters } = runs[0].events.find(({ event }) => event === 'start');
    const perStep = (after - before) / (to - from);
    const ratio = perStep / (((2 * (count - 1)) / count) * 4 * parameters);
    const seen = `${Math.round(perStep)} bytes a step and worker, ${ratio.toFixed(3)} of the bound`;
    report.check(`${count} hosts, ${parameters} parameters`, seen, '0.95 to 1.05', Math.abs(ratio - 1) <= 0.05);
  }
}
