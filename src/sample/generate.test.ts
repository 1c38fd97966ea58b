import { byteTokenizer } from '../tokenizer/index.js';
import type { Decoder } from './decoder.js';
import { type Generated, type GenerateOptions, generate } from './generate.js';
import { compose, greedy } from './pick.js';

const tokenizer = byteTokenizer();
const V = tokenizer.vocabSize;

const oneHot = (id: number) => {
  const logits = new Float32Array(V);
  logits[id] = 9;
  return logits;
};

/** A model that has learnt one text by heart and then ends it. */
function reciter(text: string): Decoder & { readonly read: number[][] } {
  const ids = [...tokenizer.encode(text), tokenizer.endOfText];
  const read: number[][] = [];
  return {
    read,
    async append(given) {
      read.push([...given]);
      return oneHot(ids[read.length - 1] ?? tokenizer.endOfText);
    },
    fork: () => Promise.reject(new Error('not forked')),
    close() {},
  };
}

async function write(text: string, options: Partial<GenerateOptions> = {}) {
  const pieces: string[] = [];
  let end: Generated | undefined;
  const events = generate({
    decoder: reciter(text),
    prompt: [tokenizer.endOfText],
    blockSize: 8,
    maxNewTokens: 1000,
    pick: compose(greedy),
    text: tokenizer.decoder(),
    endOfText: tokenizer.endOfText,
    ...options,
  });
  for await (const event of events) {
    if (event.kind === 'piece') pieces.push(event.text);
    else end = event;
  }
  return { pieces, end: end!, text: end!.text };
}

test('the end-of-text token ends the text and is not among its tokens', async () => {
  const { end, pieces } = await write('abc');
  expect(end).toMatchObject({ text: 'abc', finish: 'eos', promptTokensDropped: 0 });
  expect(tokenizer.decode(end.tokens)).toBe('abc');
  expect(pieces).toEqual(['a', 'b', 'c']);
  expect(end.tokensPerSecond).toBeGreaterThan(0);
});

test('endOfText null writes on over the end', async () => {
  const { end } = await write('ab', { endOfText: null, maxNewTokens: 5 });
  expect(end).toMatchObject({ text: 'ab', finish: 'length' });
  expect(end.tokens).toHaveLength(5);
});

test('a character of several tokens comes as one piece', async () => {
  expect((await write('é🎉中')).pieces).toEqual(['é', '🎉', '中']);
});

test('a character that the length cuts off ends as U+FFFD', async () => {
  const { end, pieces } = await write('a🎉', { maxNewTokens: 3 });
  expect(end).toMatchObject({ text: 'a\uFFFD', finish: 'length' });
  expect(pieces.join('')).toBe('a\uFFFD');
});

test('no token asked for gives none, and the model is not run', async () => {
  const decoder = reciter('abc');
  const { end } = await write('', { decoder, maxNewTokens: 0 });
  expect(end).toMatchObject({ text: '', tokens: [], finish: 'length' });
  expect(decoder.read).toEqual([]);
});

test.each([
  ['Hello.\nUser: hi', ['\nUser:'], 'Hello.', 'stop'],
  ['aaab', ['aab'], 'a', 'stop'],
  ['a\nb\n\nc', ['\n\n'], 'a\nb', 'stop'],
  ['ab\n', ['\n\n'], 'ab\n', 'eos'],
  ['xyz', ['yz', 'y'], 'x', 'stop'],
  ['one two', ['three'], 'one two', 'eos'],
  ['stop', ['stop'], '', 'stop'],
  ['né', ['é'], 'n', 'stop'],
])('%j with stop %j gives %j (%s), and no part of the stop string is ever shown', async (model, stop, text, finish) => {
  const { end, pieces } = await write(model, { stop });
  expect(end).toMatchObject({ text, finish });
  expect(pieces.join('')).toBe(text);
});

test('what might become a stop string is held back only until it cannot', async () => {
  expect((await write('a\nb', { stop: ['\n\n'] })).pieces).toEqual(['a', '\nb']);
});

test('an empty stop string is an error', async () => {
  await expect(write('a', { stop: [''] })).rejects.toMatchObject({ code: 'sample/stop' });
});

test('an empty prompt is an error', async () => {
  await expect(write('a', { prompt: [] })).rejects.toMatchObject({ code: 'sample/prompt' });
});

test('of a prompt longer than the context the model reads the end, and it is told', async () => {
  const decoder = reciter('z');
  const { end } = await write('', { decoder, prompt: [...tokenizer.encode('0123456789')], blockSize: 4 });
  expect(tokenizer.decode(decoder.read[0]!)).toBe('6789');
  expect(end.promptTokensDropped).toBe(6);
});

test('the whole prompt counts as history, the part outside the context too', async () => {
  const histories: number[][] = [];
  await write('xy', {
    prompt: [1, 2, 3],
    blockSize: 2,
    pick: (logits, place) => {
      histories.push([...place.history]);
      return greedy(logits, place);
    },
  });
  const [x, y] = tokenizer.encode('xy');
  expect(histories).toEqual([
    [1, 2, 3],
    [1, 2, 3, x],
    [1, 2, 3, x, y],
  ]);
});

test('an aborted signal ends the text between two tokens', async () => {
  const controller = new AbortController();
  const pick: GenerateOptions['pick'] = (logits, place) => {
    if (place.position === 1) controller.abort();
    return greedy(logits, place);
  };
  await expect(write('abcdef', { pick, signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
});
