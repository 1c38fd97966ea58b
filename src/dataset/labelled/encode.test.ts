import { type ChatTemplate, chatTemplateOf } from '../../chat/index.js';
import { byteTokenizer } from '../../tokenizer/index.js';
import { errorOf } from '../fixtures.js';
import { encodeChoice, encodeClassification, encodeInstruction, longestOf, mostChoices } from './encode.js';
import type { ClassifyExample, InstructExample } from './examples.js';
import { checkTemplate, defaultTemplate, renderPrompt } from './template.js';

const tokenizer = byteTokenizer();
const end = tokenizer.endOfText;
let chat: ChatTemplate;
beforeAll(async () => {
  chat = await chatTemplateOf(undefined, tokenizer);
});
const instruct = (prompt: string, completion: string): InstructExample => ({
  kind: 'instruct',
  place: 'f:1',
  fields: { prompt },
  completion,
});
const encode = (prompt: string, completion: string, blockSize = 64) => {
  const encoded = encodeInstruction(instruct(prompt, completion), tokenizer, blockSize, '{prompt}');
  if ('skipped' in encoded) throw new Error(encoded.skipped);
  return encoded;
};
/** Ids as text, | for the end of text, . where no loss is taken. */
const show = (ids: Int32Array) =>
  Array.from(ids, (id) => (id === end ? '|' : id === -1 ? '.' : String.fromCharCode(id))).join('');
const both = ({ ids, targets }: { ids: Int32Array; targets: Int32Array }) => [show(ids), show(targets)];

test('the loss is on the completion and the end of text only', () => {
  expect(both(encode('ask:', 'yes'))).toEqual(['ask:yes', '...yes|']);
});

test('an answer to nothing begins a text', () => {
  expect(both(encode('', 'yes'))).toEqual(['|yes', 'yes|']);
});

test('a prompt too long loses its beginning', () => {
  const encoded = encode('0123456789', 'yes', 8);
  expect(both(encoded)).toEqual(['56789yes', '....yes|']);
  expect(encoded.cut).toBe('prompt');
  expect(encode('01234', 'yes', 8).cut).toBe('nothing');
});

test('a completion too long keeps its beginning, and a quarter of the block stays for the prompt', () => {
  const encoded = encode('0123456789', 'abcdefghijkl', 8);
  expect(both(encoded)).toEqual(['89abcdef', '.abcdefg']);
  expect(encoded.cut).toBe('completion');
});

test('whatever the lengths, a row has a target and fits (mlx-lm#1355)', () => {
  for (let blockSize = 1; blockSize < 12; blockSize++) {
    for (let prompt = 0; prompt < 14; prompt++) {
      for (let completion = 1; completion < 14; completion++) {
        const { ids, targets } = encode('p'.repeat(prompt), 'c'.repeat(completion), blockSize);
        if (ids.length > blockSize || targets.length !== ids.length || targets.every((id) => id === -1)) {
          throw new Error(`block ${blockSize}, prompt ${prompt}, completion ${completion}`);
        }
      }
    }
  }
});

test('a row without an answer is skipped with its place, never a loss of 0/0 (mlx-lm#1355)', () => {
  expect(encodeInstruction(instruct('ask', ' '), tokenizer, 8, '{prompt}')).toEqual({
    skipped: 'the answer is empty',
    place: 'f:1',
  });
  const alone = { kind: 'chat', place: 'c:2', messages: [{ role: 'user', content: 'hi' }] } as const;
  expect(encodeInstruction(alone, tokenizer, 64, '', chat)).toEqual({ skipped: 'the answer is empty', place: 'c:2' });
});

test('in a conversation the loss is on every turn of the assistant', () => {
  const messages = [
    { role: 'system', content: 'S' },
    { role: 'user', content: 'a' },
    { role: 'assistant', content: 'b' },
    { role: 'user', content: 'c' },
    { role: 'assistant', content: 'd' },
    { role: 'user', content: 'unanswered' },
  ] as const;
  const encoded = encodeInstruction({ kind: 'chat', place: 'c:1', messages }, tokenizer, 128, '', chat);
  if ('skipped' in encoded) throw new Error(encoded.skipped);
  expect(show(encoded.ids)).toBe('S\nUser: a\nAssistant: b|\nUser: c\nAssistant: d');
  expect(show(encoded.targets).replaceAll('.', '')).toBe(' b| d|');
});

test('a conversation that the template cannot express is skipped with the reason', () => {
  const call = { function: { name: 'weather', arguments: {} } };
  const messages = [
    { role: 'user', content: 'weather?' },
    { role: 'assistant', content: '', tool_calls: [call] },
    { role: 'tool', content: 'sun' },
    { role: 'assistant', content: 'Sunny.' },
  ] as const;
  const skipped = encodeInstruction({ kind: 'chat', place: 'c:1', messages }, tokenizer, 128, '', chat);
  expect(skipped).toEqual({ skipped: expect.stringContaining('knows no tools'), place: 'c:1' });
});

const labels = ['no', 'yes'];
const pair = (text: string, second?: string, label = 'yes'): ClassifyExample => ({
  kind: 'classify',
  place: 'f:1',
  text,
  label,
  ...(second !== undefined && { second }),
});

test('classification reads the text; the auxiliary targets are its next tokens', () => {
  const encoded = encodeClassification(pair('abc'), tokenizer, 16, labels);
  expect(both(encoded)).toEqual(['abc', 'bc.']);
  expect([encoded.label, encoded.cut]).toEqual([1, 'nothing']);
  expect(encodeClassification({ kind: 'classify', place: 'f:1', text: 'abc' }, tokenizer, 16, labels).label).toBe(-1);
});

test('classification as in GPT-1: start, text, delimiter, second text, classification token', () => {
  const special = { start: 60, delimiter: 36, end: 62 }; // < $ >
  expect(both(encodeClassification(pair('ab', 'cd'), tokenizer, 16, labels, special))).toEqual(['<ab$cd>', 'ab$cd..']);
  expect(both(encodeClassification(pair('abcdefgh', 'xy'), tokenizer, 8, labels, special))).toEqual([
    '<abc$xy>',
    'abc$xy..',
  ]);
  expect(both(encodeClassification(pair('ab', 'uvwxyz'), tokenizer, 8, labels, special))).toEqual([
    '<ab$uvw>',
    'ab$uvw..',
  ]);
  expect(both(encodeClassification(pair('abcdefgh', 'uvwxyz'), tokenizer, 9, labels, special))).toEqual([
    '<abc$uvw>',
    'abc$uvw..',
  ]);
  expect(encodeClassification(pair('abcdefgh', 'uvwxyz'), tokenizer, 9, labels, special).cut).toBe('text');
});

test('multiple choice is the text with each choice, one after the other (GPT-1, figure 1)', () => {
  const example = { kind: 'choice', place: 'f:1', text: 'ab', choices: ['c', 'def'], label: '1' } as const;
  const encoded = encodeChoice(example, tokenizer, 16, { delimiter: 36, end: 62 }); // $ >
  expect(both(encoded)).toEqual(['ab$c>ab$def>', 'b$c..b$def..']);
  expect(encoded).toMatchObject({ parts: [5, 7], label: 1, cut: 'nothing' });
  expect([longestOf(encoded), mostChoices([encoded]), mostChoices([])]).toEqual([7, 2, 1]);
  const short = encodeChoice(example, tokenizer, 6, { delimiter: 36, end: 62 });
  expect([show(short.ids), short.parts, short.cut]).toEqual(['ab$c>ab$de>', [5, 6], 'text']);
});

test('an empty text still has a place to read', () => {
  expect(both(encodeClassification(pair(''), tokenizer, 4, labels))).toEqual(['|', '.']);
});

test('lines of a template whose fields are empty are left out', () => {
  const template = defaultTemplate({ kind: 'alpaca', instruction: 'instruction', input: 'input', output: 'output' });
  expect(renderPrompt(template, { instruction: 'Do', input: 'this' })).toBe('Instruction: Do\nInput: this\nAnswer:\n');
  expect(renderPrompt(template, { instruction: 'Do', input: '' })).toBe('Instruction: Do\nAnswer:\n');
  expect(renderPrompt('{a}-{b}\n{b}', { a: '{b}', b: '$&' })).toBe('{b}-$&\n$&');
});

test('a template that names no column, or one that is not there, is refused with the nearest (litgpt#1339)', async () => {
  const columns = { kind: 'completion', prompt: 'prompt', completion: 'completion' } as const;
  const check = (template: string) => errorOf(() => checkTemplate(template, columns, ['prompt', 'completion', 'lang']));
  expect((await check('{promt}:')).hint).toBe('did you mean {prompt}?');
  expect((await check('prompt')).message).toMatch('names no column');
  expect((await errorOf(() => checkTemplate('{a}', { kind: 'messages', messages: 'm' }, ['m']))).message).toMatch(
    'does not apply',
  );
  checkTemplate('{lang}: {prompt}', columns, ['prompt', 'completion', 'lang']);
});
