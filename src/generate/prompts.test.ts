import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/index.js';
import { stateOf, tiny } from '../checkpoint/testing/fixtures.js';
import type { PromptEvent, SampleEvent } from '../events.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { promptRows, samplePrompts } from './prompts.js';
import { sample } from './sample.js';

const run = mkdtempSync(join(tmpdir(), 'gpt-cli-prompts-'));
beforeAll(() =>
  saveCheckpoint(run, {
    config: { ...tiny, blockSize: 64 },
    tokenizer: byteTokenizer(),
    state: stateOf({ ...tiny, blockSize: 64 }),
  }),
);
afterAll(() => rmSync(run, { recursive: true }));

const layers = (values: object) => [
  { name: 'test', values: { threads: 1, backend: 'onnx', maxNewTokens: 8, seed: 4, ...values } },
];

/** All texts of the rows, and the error at the end. */
async function write(text: string, values: object = {}) {
  const events: PromptEvent[] = [];
  let failure: unknown;
  try {
    for await (const event of samplePrompts({ run, prompts: promptRows(text, 'x.jsonl'), layers: layers(values) }))
      if (event.event === 'prompt') events.push(event);
  } catch (error) {
    failure = error;
  }
  return { events, failure };
}

test('rows come out in order with their fields, and each text is that of its stream of the seed alone', async () => {
  const { events, failure } = await write(
    '{"prompt":"ab","id":7}\n\n"c"\n{"messages":[{"role":"user","content":"hi"}]}\n',
    {
      numSamples: 2,
      maxBatch: 3,
    },
  );
  expect(failure).toBeUndefined();
  expect(events.map(({ row }) => row)).toEqual([0, 0, 1, 1, 2, 2]);
  expect(events[1]!.given).toEqual({ prompt: 'ab', id: 7 });
  const texts = events.map(({ result }) => (result as SampleEvent).text);
  const alone: string[] = [];
  for await (const event of sample({ run, prompt: 'ab', layers: layers({ numSamples: 2 }) }))
    if (event.event === 'sample') alone.push(event.text);
  expect(texts.slice(0, 2)).toEqual(alone);
  const small = await write('{"prompt":"ab"}\n"c"', { numSamples: 2, maxBatch: 1 });
  expect(small.events.map(({ result }) => (result as SampleEvent).text)).toEqual(texts.slice(0, 4));
});

test('a row that fails is reported in its place, the others are written, and the end says how many failed', async () => {
  const lines = [
    '"a"',
    'broken',
    '{"x":1}',
    '{"prompt":5}',
    '[1]',
    '{"messages":[{"role":"pirate","content":"x"}]}',
    '"b"',
  ];
  const { events, failure } = await write(lines.join('\n'));
  const errors = events.map(({ result }) => ('error' in result ? result.error : ''));
  expect(errors.map((error) => error !== '')).toEqual([false, true, true, true, true, true, false]);
  expect(errors[1]).toContain('not JSON');
  expect(errors[2]).toContain('no "prompt" and no "messages"');
  expect(errors[5]).toContain('message 1 has "pirate"');
  expect(failure).toMatchObject({ code: 'sample/prompts', message: '5 of 7 texts could not be written' });
});

test('a text file has a prompt a line; a file without one is an error', () => {
  expect(promptRows('{"a"\r\n\nb\n', 'p.txt')).toEqual([{ given: { prompt: '{"a"' } }, { given: { prompt: 'b' } }]);
  expect(() => promptRows(' \n', 'p.jsonl')).toThrow(expect.objectContaining({ code: 'sample/prompts' }));
});

test.each([
  [{ beams: 2, temperature: 1 }, '--temperature has no effect on a beam search'],
  [{ beams: 2, stop: ['x'] }, '--stop has no effect on a beam search'],
  [{ beams: 2, numSamples: 3 }, '2 beams give at most 2 samples, not 3'],
  [{ lengthPenalty: 2 }, 'length-penalty has no effect without beams'],
])('%j: %s', async (values, message) => {
  const events = sample({ run, prompt: 'a', layers: layers(values) });
  await expect(events.next()).rejects.toMatchObject({ code: 'config/beams', message });
});

test('log-probabilities are listed for each token; texts of a beam search come best first', async () => {
  const all: SampleEvent[] = [];
  for (const values of [
    { logprobs: 2, greedy: true },
    { beams: 3, numSamples: 3, maxNewTokens: 4 },
  ])
    for await (const event of sample({ run, prompt: 'a', layers: layers(values) }))
      if (event.event === 'sample') all.push(event);
  const [listed, ...searched] = all;
  expect(listed!.logprobs!.map(({ id }) => id)).toEqual(listed!.tokens);
  for (const { id, top, logprob } of listed!.logprobs!) {
    expect(top[0]).toMatchObject({ id, logprob });
    expect(top[0]!.logprob).toBeGreaterThanOrEqual(top[1]!.logprob);
  }
  expect(searched.map(({ score }) => score)).toEqual([...searched.map(({ score }) => score!)].sort((a, b) => b - a));
});
