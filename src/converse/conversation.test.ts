// Conversations with a tiny random model: what is read, what is kept, and what happens when the context is full.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { saveCheckpoint } from '../checkpoint/index.js';
import { stateOf, tiny } from '../checkpoint/testing/fixtures.js';
import { resolve } from '../config/index.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { type Assistant, openAssistant } from './assistant.js';
import { type Answer, type AnswerEvent, Conversation } from './conversation.js';
import { fitPrompt } from './fit.js';

const config = { ...tiny, blockSize: 128 };
const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-converse-'));
let assistant: Assistant;

async function open(run: string): Promise<Assistant> {
  const machine = resolve('chat', [{ name: 'test', values: { threads: 1, backend: 'onnx' } }]).values;
  const opening = openAssistant(run, machine);
  for (;;) {
    const { done, value } = await opening.next();
    if (done) return value;
  }
}

beforeAll(async () => {
  await saveCheckpoint(folder, { config, tokenizer: byteTokenizer(), state: stateOf(config) });
  assistant = await open(folder);
});
afterAll(async () => {
  await assistant.close();
  rmSync(folder, { recursive: true });
});

async function all(events: AsyncIterable<AnswerEvent>): Promise<AnswerEvent[]> {
  const list: AnswerEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}
const answerOf = async (events: AsyncIterable<AnswerEvent>) => (await all(events)).at(-1) as Answer;
const short = { maxNewTokens: 6, seed: 5 };

test('a second turn reads only what is new, and is answered as if all had been read', async () => {
  for (const greedy of [true, false]) {
    const kept = new Conversation(assistant, 'S');
    const options = { ...short, greedy };
    const first = await answerOf(kept.ask('one', options));
    expect(first).toMatchObject({ reusedTokens: 0, tokens: 6, finish: 'length', contextFull: false });
    const before = kept.messages;
    const fresh = new Conversation(assistant);
    fresh.load({ messages: before });
    const second = await answerOf(kept.ask('two', { ...options, index: 1 }));
    const again = await answerOf(fresh.ask('two', { ...options, index: 1 }));
    expect(second.reusedTokens).toBeGreaterThanOrEqual(first.promptTokens);
    expect(again).toMatchObject({ text: second.text, reusedTokens: 0, promptTokens: second.promptTokens });
  }
});

test('pieces together are the answer, which the conversation keeps', async () => {
  const talk = new Conversation(assistant);
  const events = await all(talk.ask('hello', short));
  const pieces = events.map((event) => (event.kind === 'piece' ? event.text : '')).join('');
  const { text } = events.at(-1) as Answer;
  expect(pieces.trim()).toBe(text);
  expect(talk.messages).toEqual([
    { role: 'user', content: 'hello' },
    { role: 'assistant', content: text },
  ]);
});

test('undo, reset, the system message, save and load', async () => {
  const talk = new Conversation(assistant, 'S');
  await answerOf(talk.ask('a', short));
  await answerOf(talk.ask('b', short));
  const saved = JSON.parse(JSON.stringify(talk));
  expect(talk.undo()).toBe(true);
  expect(talk.messages.map(({ role }) => role)).toEqual(['system', 'user', 'assistant']);
  talk.setSystem('T');
  expect(talk.messages[0]).toEqual({ role: 'system', content: 'T' });
  talk.reset();
  expect(talk.messages).toEqual([{ role: 'system', content: 'T' }]);
  expect(talk.undo()).toBe(false);
  talk.setSystem('');
  expect(talk.messages).toEqual([]);
  talk.load(saved);
  expect(talk.messages).toEqual(saved.messages);
  expect(() => talk.load({ messages: [{ role: 'x', content: '' }] })).toThrow('message 1 has "x"');
  expect(() => talk.load('x')).toThrow('cannot be read');
});

test('a full context drops the oldest turns and says so; an answer ends with the context', async () => {
  const talk = new Conversation(assistant, 'S');
  const dropped: number[] = [];
  for (let turn = 0; turn < 6; turn++) {
    const events = await all(talk.ask('0123456789', { maxNewTokens: 12, seed: turn }));
    for (const event of events) if (event.kind === 'full') dropped.push(event.dropped);
    expect((events.at(-1) as Answer).promptTokens).toBeLessThanOrEqual(128 - 12);
  }
  expect(dropped[0]).toBe(2);
  const { template } = assistant;
  const text = assistant.tokenizer.decode(fitPrompt(template, talk.messages, 100).ids);
  expect(text.startsWith('S\nUser: 0123456789\n')).toBe(true);
  const long = await all(talk.ask('x'.repeat(200), { maxNewTokens: 1000, seed: 1 }));
  expect(long[0]).toMatchObject({ kind: 'full', cut: expect.any(Number) });
  expect(long.at(-1)).toMatchObject({ finish: 'length', contextFull: true, promptTokens: 96, tokens: 32 });
});

test('an answer that is stopped is kept as far as it was written; one without a word takes the question back', async () => {
  const talk = new Conversation(assistant);
  const stop = new AbortController();
  const events: AnswerEvent[] = [];
  for await (const event of talk.ask('a', { maxNewTokens: 100, seed: 2, signal: stop.signal })) {
    events.push(event);
    if (events.map((each) => (each.kind === 'piece' ? each.text.trim() : '')).join('') !== '') stop.abort();
  }
  expect(events.at(-1)).toMatchObject({ kind: 'answer', finish: 'interrupted' });
  expect(talk.messages).toHaveLength(2);
  const gone = AbortSignal.abort();
  await expect(all(talk.ask('b', { ...short, signal: gone }))).rejects.toMatchObject({ name: 'AbortError' });
  expect(talk.messages).toHaveLength(2);
});

test('a token of generation_config.json ends an answer', async () => {
  const talk = new Conversation(assistant);
  const { text } = await answerOf(talk.ask('q', { maxNewTokens: 8, greedy: true }));
  expect(text.length).toBeGreaterThan(2);
  const ids = new Set(assistant.tokenizer.encode(text.slice(1, 2)));
  const stopped = new Conversation({ ...assistant, ends: ids });
  const shorter = await answerOf(stopped.ask('q', { maxNewTokens: 8, greedy: true }));
  expect(shorter.finish).toBe('eos');
  expect(text.startsWith(shorter.text)).toBe(true);
});

test('the template of the folder is used, and a classifier is refused', async () => {
  const own = join(folder, 'own');
  const template =
    "{% for message in messages %}[{{ message['content'] }}]{% endfor %}{% if add_generation_prompt %}>{% endif %}";
  await saveCheckpoint(own, { config, tokenizer: byteTokenizer(), state: stateOf(config) });
  writeFileSync(join(own, 'chat_template.jinja'), template);
  const other = await open(own);
  expect(other.ownTemplate).toBe(true);
  expect(other.tokenizer.decode(other.template.prompt([{ role: 'user', content: 'a' }]))).toBe('[a]>');
  await other.close();
});
