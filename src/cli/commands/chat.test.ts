import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { typed } from '../fixtures.js';

/** What the conversation was asked, and with what. */
let asked: [string, Record<string, unknown>][] = [];
jest.mock('../../converse/index.js', () => ({
  openAssistant: async function* () {
    yield* [];
    return { ownTemplate: true, close: async () => {} };
  },
  Conversation: class {
    messages: { role: string; content: string }[] = [];
    constructor(_: unknown, system?: string) {
      this.setSystem(system);
    }
    setSystem(content?: string) {
      this.messages = this.messages.filter(({ role }) => role !== 'system');
      if (content) this.messages.unshift({ role: 'system', content });
    }
    toJSON() {
      return { messages: this.messages };
    }
    load(value: { messages: { role: string; content: string }[] }) {
      this.messages = value.messages;
    }
    undo() {
      return this.messages.length > 0;
    }
    reset() {}
    async *ask(question: string, options: Record<string, unknown>) {
      asked.push([question, options]);
      this.messages.push({ role: 'user', content: question });
      yield { kind: 'piece', text: ' so' };
      yield { kind: 'piece', text: ' it is' };
      const facts = { promptTokens: 3, reusedTokens: 1, tokens: 2, tokensPerSecond: 5, droppedMessages: 0 };
      yield { kind: 'answer', text: 'so it is', finish: 'eos', ...facts, contextFull: false };
    }
  },
}));

beforeEach(() => {
  asked = [];
});

test('every line of a pipe is a turn; one that ends with a backslash continues in the next', async () => {
  const { code, out, err } = await typed('chat r', { stdin: 'one\n\ntwo \\\nthree\nlast' });
  expect([code, out, err]).toEqual([0, 'so it is\nso it is\nso it is\n', '']);
  expect(asked.map(([question]) => question)).toEqual(['one', 'two \nthree', 'last']);
});

test('--json prints one event for a turn', async () => {
  const { out } = await typed('chat r --json', { stdin: 'one\n' });
  expect(JSON.parse(out)).toMatchObject({ event: 'answer', text: 'so it is', finish: 'eos', tokens: 2 });
});

test('commands: set, save, load, undo, help, exit; a wrong one is an error and the conversation lasts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-chat-'));
  const file = join(folder, 'talk.jsonl');
  const lines = [
    '/set temperature 0.5',
    '/set tempratur 1',
    '/set top-p 9',
    '/set greedy yes',
    '/undone',
    'hi',
    `/save ${file}`,
  ];
  lines.push(
    `/load ${file}`,
    `/load ${folder}/none`,
    `/save ${folder}/none/talk`,
    `/save ${folder}`,
    '/system be brief',
    '/undo',
    '/save',
    '/help',
    '/exit',
    'never',
  );
  const { code, out, err } = await typed('chat r --system S', { stdin: lines.join('\n') });
  expect([code, out]).toEqual([0, 'so it is\n']);
  expect(asked).toHaveLength(1);
  expect(asked[0]![1]).toMatchObject({ temperature: 0.5, topP: 1 });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
    messages: [
      { role: 'system', content: 'S' },
      { role: 'user', content: 'hi' },
    ],
  });
  rmSync(folder, { recursive: true });
  for (const line of [
    'temperature 0.5',
    'error: there is no setting "tempratur" (did you mean temperature?)',
    'error: "top-p" must be a number above 0 and at most 1, got 9',
    'error: "greedy" must be true or false, got "yes"',
    'error: there is no command /undone (did you mean /undo?)',
    `2 messages saved to ${file}`,
    `2 messages loaded from ${file}`,
    `cannot read ${folder}/none: no such file`,
    `error: cannot write ${folder}/none/talk: there is no folder ${folder}/none`,
    `error: ${folder} is a folder, not a file`,
    'the system message is replaced',
    'the last turn is forgotten',
    'error: /save needs an argument (/save FILE)',
    '/set KEY VALUE',
  ])
    expect(err).toContain(line);
});
