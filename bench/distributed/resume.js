// One worker of several is killed in the middle of pretraining or finetuning; the run goes on with as many, or with others,
// and is compared with one that never stopped.
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  common,
  evalsOf,
  finished,
  furthest,
  launch,
  lossesOf,
  small,
  startWorkers,
  text,
  until,
  work,
} from './workers.js';

const weights = (out) =>
  Buffer.concat(['model', 'optimizer'].map((file) => readFileSync(join(work, out, 'last', `${file}.safetensors`))));

/**
 * @param name tells the runs' folders apart
 * @param words the command and what follows it, but for the batch size and the folder
 * @param plan with how many workers and which batch size it begins, and with how many it goes on
 * @param killAt the step after which the last worker is killed, of `steps`
 */
async function resumeRun(report, { name, words, plan, killAt, steps }) {
  const [command] = words;
  for (const { from, size, to } of plan) {
    const begin = async (out) => {
      const own = [...words, '--batch-size', String(size)];
      return from === 1 ? [launch(1, own, out)] : startWorkers(from, own, { out });
    };
    const [never, broken] = [`${name}-whole${from}`, `${name}-killed${from}`];
    const whole = await begin(never);
    await finished(whole);
    const killed = await begin(broken);
    await until(killed[0], ({ event, iter }) => event === 'step' && iter >= killAt);
    killed.at(-1).child.kill('SIGKILL');
    await Promise.all(killed.map(({ done }) => done));
    const { iter } = JSON.parse(readFileSync(join(work, broken, 'last', 'training_state.json'), 'utf8'));
    report.say(`${name}: ${from} with ${size} rows each, the last one killed; saved after step ${iter} of ${steps}`);
    for (const count of to) {
      const out = `${broken}-${count}`;
      cpSync(join(work, broken), join(work, out), { recursive: true });
      const run = launch(count, [command, '--resume', '--json'], out);
      await finished([run]);
      const same = weights(out).equals(weights(never));
      const what = `${name}, ${from} x ${size} on ${count}`;
      const bits = same ? ', the same bits' : ', other bits';
      report.checkApart(what, furthest(lossesOf(run), lossesOf(whole[0]), steps - iter), bits);
      if (count === from) report.check(`${what}, weights and moments`, bits.slice(2), 'the same bits', same);
    }
  }
}

export async function resumed(report) {
  const settings = ['--jit', 'graph', '--dropout', '0.1', '--save-interval', '10', '--eval-interval', '20'];
  const words = ['pretrain', text, ...small, ...common, ...settings, '--max-iters', '40'];
  const plan = [
    { from: 1, size: 16, to: [1, 2] },
    { from: 2, size: 8, to: [2, 1, 4, 3] },
    { from: 3, size: 4, to: [3, 2] },
    { from: 4, size: 4, to: [4, 2] },
  ];
  await resumeRun(report, { name: 'pretrain', words, plan, killAt: 23, steps: 40 });
}

/**
 * Finetuning over several epochs whose batches are of several lengths and whose last ones are not full; first that several
 * workers are one with the whole batch.
 */
export async function finetuned(report) {
  const shape = ['--n-layer', '2', '--n-head', '2', '--n-embd', '32', '--block-size', '64'];
  const tokens = ['--tokenizer', 'bpe', '--vocab-size', '512', '--limit', '125', '--jit', 'graph', '--dropout', '0.1'];
  const saving = ['--epochs', '3', '--save-interval', '5', '--eval-interval', '10'];
  const settings = [...shape, ...tokens, ...saving, ...common];
  const kinds = {
    classify: [resolve(text, '..', 'sentiment.csv'), '--lm-coef', '0.5', '--balance'],
    instruct: [resolve(text, '..', 'questions.jsonl')],
  };
  for (const [name, own] of Object.entries(kinds)) {
    const words = ['finetune', ...own, ...settings];
    const [alone, two] = [
      launch(1, [...words, '--batch-size', '12'], `${name}-1`),
      launch(2, [...words, '--batch-size', '6'], `${name}-2`),
    ];
    await finished([alone, two]);
    const steps = lossesOf(alone).size;
    report.checkApart(`${name}, 2 against one, ${steps} losses`, furthest(lossesOf(two), lossesOf(alone), steps));
    report.checkApart(
      `${name}, 2 against one, evaluations`,
      furthest(evalsOf(two), evalsOf(alone), evalsOf(alone).size),
    );
    await resumeRun(report, { name, words, plan: [{ from: 2, size: 6, to: [2, 1, 3, 5] }], killAt: 17, steps });
  }
}
