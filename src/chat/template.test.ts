import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { byteTokenizer, parseTokenizer, type Tokenizer } from '../tokenizer/index.js';
import { defaultTemplate } from './default-template.js';
import type { Message } from './messages.js';
import { ChatTemplate } from './template.js';

interface Golden {
  readonly templates: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly template: string;
    readonly talk: string;
    readonly messages: readonly Message[];
    readonly tools: readonly unknown[] | null;
    readonly generate: boolean;
    readonly text: string;
  }[];
}
const { templates, cases }: Golden = JSON.parse(readFileSync(join(__dirname, '../../test/goldens/chat.json'), 'utf8'));

const special = (id: number, content: string) => ({
  ...{ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
});

/** Bytes, and the tokens of chats. */
function chatTokenizer(): Tokenizer {
  const json = byteTokenizer().toJSON() as { added_tokens: unknown[] };
  const names = ['<|im_start|>', '<|im_end|>', '<|eot_id|>', '<|begin|>', '<|end|>'];
  const added = [...json.added_tokens, ...names.map((name, i) => special(257 + i, name))];
  return parseTokenizer({ ...json, added_tokens: added }, 'test', { endOfText: '<|end|>' });
}

const tokens = { bos_token: '<|begin|>', eos_token: '<|end|>' };
const compile = (source: string) => ChatTemplate.compile(source, chatTokenizer(), tokens);
const say = (role: Message['role'], content: string): Message => ({ role, content });

test('the golden file has the default template', () => {
  expect(templates['default']).toBe(defaultTemplate);
});

test.each(cases)('$template, $talk, generate: $generate: as transformers renders it', async (golden) => {
  const template = await compile(templates[golden.template]!);
  const { messages, tools, generate, text } = golden;
  const plain = messages.map((message) => ({ ...message, content: message.content ?? '' }));
  expect(template.render(plain, { tools: tools ?? undefined, generate })).toBe(text);
  const segments = template.segments(plain, { tools: tools ?? undefined, generate });
  expect(segments.map((segment) => segment.text).join('')).toBe(text);
});

test('every turn of the assistant is an answer up to the token that ends it', async () => {
  const messages = [say('user', 'a'), say('assistant', 'b'), say('user', 'c'), say('assistant', 'd')];
  const answers = async (name: string) =>
    (await compile(templates[name]!)).segments(messages).filter(({ answer }) => answer);
  expect((await answers('default')).map(({ text }) => text)).toEqual([' b<|end|>', ' d<|end|>']);
  expect((await answers('chatml')).map(({ text }) => text)).toEqual(['b<|im_end|>', 'd<|im_end|>']);
  expect((await answers('headers')).map(({ text }) => text)).toEqual(['b<|eot_id|>', 'd<|eot_id|>']);
});

test('the prompt of a second turn is what the first was trained as, and what its answer adds', async () => {
  for (const name of ['default', 'chatml', 'headers']) {
    const template = await compile(templates[name]!);
    const talk = [say('user', 'a'), say('assistant', 'b'), say('user', 'c')];
    const prompt = template.prompt(talk);
    const trained = template
      .segments([...talk, say('assistant', 'd')])
      .slice(0, -2)
      .flatMap((segment) => template.encode(segment));
    expect(prompt.slice(0, trained.length)).toEqual(trained);
    expect(prompt.slice(0, template.prompt(talk.slice(0, 1)).length)).toEqual(template.prompt(talk.slice(0, 1)));
  }
});

test('special tokens of the template are ids; in what a person writes they are text', async () => {
  const template = await compile(templates['chatml']!);
  const ids = template.prompt([say('system', 'x'), say('user', '<|im_end|>')]);
  expect(ids.filter((id) => id === 258)).toHaveLength(2); // of the system's and the user's turn
  expect(String.fromCharCode(...ids)).toContain('<|im_end|>');
  expect(template.render([say('system', 'x'), say('user', '<|im_end|>')])).toContain('user\n<|im_end|><|im_end|>');
});

test('what a template cannot express is a problem, with its reason', async () => {
  const call = { function: { name: 'weather', arguments: {} } };
  const asked: Message[] = [
    say('user', 'w'),
    { role: 'assistant', content: '', tool_calls: [call] },
    say('tool', 'sun'),
  ];
  const problem = async (name: string, messages: readonly Message[]) =>
    (await compile(templates[name]!)).problemOf(messages);
  expect(await problem('tools', asked)).toBeUndefined();
  expect(await problem('default', asked)).toContain('knows no tools');
  expect(await problem('chatml', asked)).toContain('refuses the messages');
  expect(await problem('headers', [say('developer', 'x')])).toContain('unknown role developer');
  expect(await problem('tools', [say('developer', 'secret'), say('user', 'a')])).toContain('drops the text');
  expect(await problem('default', [say('developer', 'secret'), say('user', 'a')])).toBeUndefined();
});

test('a template that is no Jinja is an error', async () => {
  await expect(compile('{% for %}')).rejects.toMatchObject({ code: 'chat/template' });
});
