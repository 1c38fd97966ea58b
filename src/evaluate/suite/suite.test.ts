// A suite on a tiny model, against log-likelihoods that are computed one text at a time from all logits.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openCheckpoint } from '../../checkpoint/index.js';
import { resolve } from '../../config/index.js';
import type { SuiteEvent } from '../../events.js';
import { insideStep } from '../../model/index.js';
import { pretrain } from '../../pretrain/pretrain.js';
import { type Continuation, logLikelihoods } from '../../scoring/likelihood.js';
import { openModel } from '../../session/open-model.js';
import type { Session } from '../../session/session.js';
import { encodeContinuation, joined } from './continuation.js';
import { evaluateSuite, type SuiteOptions } from './suite.js';

let folder = '';
let session: Session;
const machine = { threads: 1 };
const sizes = { nLayer: 1, nHead: 2, nEmbd: 16, blockSize: 16, batchSize: 8, maxIters: 120, evalIters: 1 };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-suite-'));
  const text = join(folder, 'text.txt');
  writeFileSync(text, 'one two three four. '.repeat(200));
  const values = { ...sizes, ...machine, tokenizer: 'char', learningRate: 1e-2 };
  const events = pretrain({ inputs: [text], out: join(folder, 'run'), layers: [{ name: 'flag', values }] });
  for await (const event of events) if (event.event === 'done') expect(event.valLoss).toBeLessThan(1);
  const checkpoint = await openCheckpoint(join(folder, 'run'));
  const opening = openModel(checkpoint, await checkpoint.loadTokenizer(), resolve('eval', layers).values);
  for (;;) {
    const { done, value } = await opening.next();
    if (!done) continue;
    session = value;
    break;
  }
});
afterAll(async () => {
  await session.close();
  rmSync(folder, { recursive: true, force: true });
});

const layers = [{ name: 'flag', values: machine }];

/** Softmax over all logits of one text. */
async function slowly({ ids, from }: Continuation): Promise<number> {
  const time = ids.length - 1;
  const program = await session.compile(insideStep(session.gpt, { time, logits: true, lens: false, attention: false }));
  const { logits } = await program.run({ ids: ids.slice(0, time) });
  const { vocabSize } = session.gpt.config;
  let sum = 0;
  for (let at = from; at <= time; at++) {
    const row = Array.from((logits as Float32Array).subarray((at - 1) * vocabSize, at * vocabSize));
    sum += row[ids[at]!]! - Math.log(row.reduce((total, logit) => total + Math.exp(logit), 0));
  }
  return sum;
}

const model = () => ({ tokenizer: session.tokenizer, ...session.gpt.config });

test('log-likelihoods in batches with shared rows are those of each text alone', async () => {
  const texts: [string, string][] = [
    ...['a', 'e', 'w'].map((letter): [string, string] => ['one t', letter]), // one row of the batch
    ...['three', 'two', 'four three two one'].map((choice): [string, string] => ['one', ` ${choice}`]), // the last is cut
    ['', 'one two'],
    ['one two ', 'three'],
  ];
  const continuations = texts.map(([context, text]) => encodeContinuation(context, text, model()));
  const sums = (await logLikelihoods(session, continuations))!;
  for (const [i, continuation] of continuations.entries()) expect(sums[i]).toBeCloseTo(await slowly(continuation), 4);
});

test('what follows a context is scored, its trailing space too; a long text loses its beginning', () => {
  const scored = (context: string, text: string) => {
    const { ids, from, cut } = encodeContinuation(context, text, model());
    const all = [...ids];
    return {
      read: session.tokenizer.decode(all.slice(0, from)),
      scored: session.tokenizer.decode(all.slice(from)),
      cut,
    };
  };
  expect(scored('one', ' two')).toEqual({ read: 'one', scored: ' two', cut: false });
  expect(scored('one ', 'two')).toEqual({ read: 'one', scored: ' two', cut: false });
  expect(scored('', 'two').scored).toBe('two');
  expect(scored('four. one two three', ' four')).toEqual({ read: 'ne two three', scored: ' four', cut: true });
  expect(scored('one', ' two three four. one')).toMatchObject({ scored: 'two three four. one'.slice(-16), cut: true });
});

test('one space joins a context and a choice', () => {
  expect([joined('a', 'b'), joined('a ', 'b'), joined('a', '\nb'), joined('', 'b')]).toEqual([' b', 'b', '\nb', 'b']);
});

async function suite(rows: readonly object[], options: Partial<SuiteOptions> = {}): Promise<SuiteEvent> {
  const file = join(folder, 'suite.jsonl');
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  let found: SuiteEvent | undefined;
  for await (const event of evaluateSuite({ run: join(folder, 'run'), file, layers, ...options }))
    if (event.event === 'suite') found = event;
  return found!;
}

test('a model that has learned a text prefers it, and writes it', async () => {
  const found = await suite([
    { context: 'one two', choices: ['four', 'three', 'one'], label: 'three' },
    { context: 'three', choices: ['four', 'two'], label: 1 }, // the wrong one is called right
    { good: 'two three', bad: 'two rheet' },
    { prompt: 'one two', answers: ['Three'], stop: ' f' },
    { prompt: 'two three', answers: ['four one'], stop: ' t' }, // it writes "four. one"
    { prompt: 'three', answers: ['four dogs'], stop: '.' },
  ]);
  expect(found.choices).toMatchObject({ examples: 2, accuracy: { mean: 0.5, error: 0.5 } });
  expect(found.choices!.accuracyPerByte.mean).toBe(0.5);
  expect(found.pairs).toEqual({ examples: 1, accuracy: { mean: 1, error: null } });
  expect(found.answers!.exactMatch.mean).toBeCloseTo(2 / 3, 12);
  expect(found.answers!.f1.mean).toBeCloseTo((1 + 1 + 2 / 3) / 3, 12);
});

test('sentences that the model cannot tell apart are no success, and --limit reads the first rows', async () => {
  const rows = [
    { good: 'one é', bad: 'one ü' },
    { good: 'one two', bad: 'one one' },
  ];
  expect((await suite(rows, { limit: 1 })).pairs).toEqual({ examples: 1, accuracy: { mean: 0, error: null } });
});
