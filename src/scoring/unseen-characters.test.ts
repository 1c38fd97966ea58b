// Characters that the training text did not contain, from the text to the loss: training, prompts, evaluation.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate } from '../evaluate/evaluate.js';
import type { NoticeEvent, ResultEvent } from '../events.js';
import { sample } from '../generate/sample.js';
import { TextModel } from '../generate/text-model.js';
import type { Gpt } from '../model/index.js';
import { pretrain } from '../pretrain/pretrain.js';
import { byteName } from '../tokenizer/char.js';
import { loadTokenizer } from '../tokenizer/index.js';

let folder = '';
const at = (name: string) => join(folder, name);
const write = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};

async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const layers = (values: Record<string, unknown>) => [{ name: 'flag', values: { threads: 1, ...values } }];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'gpt-cli-unknown-'));
  const size = { nLayer: 1, nHead: 1, nEmbd: 8, blockSize: 8, batchSize: 2, maxIters: 2, tokenizer: 'char' };
  const inputs = [write('text.txt', 'abcd '.repeat(100))];
  await collect(pretrain({ inputs, out: at('run'), layers: layers(size) }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a model of characters has one row more than there are characters', () => {
  const config = JSON.parse(readFileSync(at('run/last/config.json'), 'utf8'));
  expect(config.vocab_size).toBe(6); // five characters and the unknown token
});

test('a prompt with unknown characters is reported once, and no unknown token is drawn', async () => {
  const settings = layers({ maxNewTokens: 200, temperature: 5, numSamples: 2 });
  const events = await collect(sample({ run: at('run'), prompt: 'aéb中é', layers: settings }));
  const notices = events.filter((event): event is NoticeEvent => event.event === 'notice' && event.level === 'warning');
  expect(notices.map(({ message }) => message)).toEqual([
    'the training text did not contain "é中": read as the unknown token',
  ]);
  for (const event of events) if (event.event === 'sample') expect(event.tokens).not.toContain(5);
  const known = await collect(sample({ run: at('run'), prompt: 'ab', layers: layers({ maxNewTokens: 1 }) }));
  expect(known.some(({ event }) => event === 'notice')).toBe(false);
});

test('a text without a prompt begins with a known token where new lines are unknown', async () => {
  const tokenizer = await loadTokenizer(at('run'));
  const gpt = { config: { vocabSize: tokenizer.modelVocabSize } } as Gpt;
  const model = new TextModel(gpt, tokenizer, () => Promise.reject(new Error('not compiled')));
  expect(model.prompt('')).toEqual({ ids: [0], unknown: '' });
  expect(model.prompt('\n')).toEqual({ ids: [5], unknown: '\n' });
});

test('an evaluation scores unknown characters, each for its own bytes', async () => {
  const text = 'ab é cd 中';
  const events = await collect(evaluate({ run: at('run'), inputs: [write('other.txt', text)], layers: layers({}) }));
  const [notice] = events.filter((event): event is NoticeEvent => event.event === 'notice');
  expect(notice?.message).toBe(
    '2 characters of the text never occur in the training text: scored as the unknown token',
  );
  expect(events.at(-1)).toMatchObject({ unseenCharacters: 2 });
  const { loss, tokens, bitsPerByte } = events.at(-1) as ResultEvent;
  expect(tokens).toBe(8); // the first one only begins the text
  expect(bitsPerByte).toBeCloseTo((loss * 8) / Math.LN2 / (Buffer.byteLength(text) - 1), 6);
});

test('answers with unknown characters are scored for the bytes of their text', async () => {
  const rows = [
    { prompt: 'ab', completion: 'cé' },
    { prompt: 'cd', completion: '中 a' },
  ];
  const file = write('answers.jsonl', rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const events = await collect(evaluate({ run: at('run'), inputs: [file], layers: layers({}) }));
  const { loss, tokens, bitsPerByte } = events.at(-1) as ResultEvent;
  expect(events.at(-1)).toMatchObject({ unseenCharacters: 2 });
  expect(tokens).toBe(5); // the model has no row for <|endoftext|>
  expect(bitsPerByte).toBeCloseTo((loss * 5) / Math.LN2 / Buffer.byteLength('cé中 a'), 6);
});

test('a run of an earlier version, without <|unk|>, resumes with its rows, and reports what it skips', async () => {
  const tokens = ['a', 'b', '<|endoftext|>', ...Array.from({ length: 256 }, (_, byte) => byteName(byte))];
  const json = {
    added_tokens: [{ id: 2, content: '<|endoftext|>', special: true }],
    model: {
      ...{ type: 'BPE', byte_fallback: true, several_documents: false, merges: [] },
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
    },
  };
  const inputs = [write('ab.txt', 'abba'.repeat(50))];
  const size = { nLayer: 1, nHead: 1, nEmbd: 8, blockSize: 8, batchSize: 2 };
  const values = { ...size, tokenizer: write('old.json', JSON.stringify(json)) };
  await collect(pretrain({ inputs, out: at('old'), layers: layers({ ...values, maxIters: 1 }) }));
  const events = await collect(pretrain({ inputs, out: at('old'), resume: true, layers: layers({ maxIters: 2 }) }));
  expect(events.find(({ event }) => event === 'start')).toMatchObject({ iter: 1, vocabSize: 2 });
  const written = await collect(sample({ run: at('old'), prompt: 'aéb', layers: layers({ maxNewTokens: 3 }) }));
  expect(written[0]).toMatchObject({ message: 'the training text did not contain "é": skipped' });
  const scored = await collect(evaluate({ run: at('old'), inputs: [write('x.txt', 'abéab')], layers: layers({}) }));
  expect(scored.at(-1)).toMatchObject({ tokens: 3, unseenCharacters: 1 }); // é is two byte tokens without a row
  expect(
    scored.filter((event): event is NoticeEvent => event.event === 'notice').map(({ message }) => message),
  ).toEqual(['1 character of the text never occurs in the training text: not scored']);
  const first = await collect(evaluate({ run: at('old'), inputs: [write('y.txt', '中xab')], layers: layers({}) }));
  expect(first.at(-1)).toMatchObject({ tokens: 2, unseenCharacters: 2 });
});
