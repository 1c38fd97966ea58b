// The server as clients see it: plain fetch, and OpenAI's own client.

import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import OpenAI from 'openai';
import { saveCheckpoint } from '../checkpoint/index.js';
import { MemoryState, stateOf, tiny } from '../checkpoint/testing/fixtures.js';
import { resolve } from '../config/index.js';
import { type LoadedModel, loadCheckpoint } from '../generate/load.js';
import { headSpec, parameterSpecs } from '../model/registry.js';
import { byteTokenizer } from '../tokenizer/index.js';
import { type RunningServer, startServer } from './server.js';

const config = { ...tiny, blockSize: 64 };
const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-serve-'));
let server: RunningServer;
let model: LoadedModel;
const bugs: unknown[] = [];

async function start(run: string, values: Record<string, unknown> = {}): Promise<RunningServer> {
  const settings = resolve('serve', [
    { name: 'test', values: { port: 0, threads: 1, backend: 'onnx', ...values } },
  ]).values;
  const starting = startServer(run, settings, (error) => bugs.push(error));
  for (;;) {
    const { done, value } = await starting.next();
    if (done) return value;
  }
}

beforeAll(async () => {
  await saveCheckpoint(join(folder, 'writer'), { config, tokenizer: byteTokenizer(), state: stateOf(config) });
  const specs = [...parameterSpecs(config), headSpec(config, 2)];
  const state = new MemoryState(specs);
  const labels = ['bad', 'good'];
  await saveCheckpoint(join(folder, 'labeller'), { config, tokenizer: byteTokenizer(), state, labels });
  server = await start(join(folder, 'writer'));
  model = await loadCheckpoint(join(folder, 'writer'), { threads: 1, backend: 'onnx' });
});

afterAll(async () => {
  await server.close();
  await model.close();
  rmSync(folder, { recursive: true });
  expect(bugs).toEqual([]);
});

const post = (path: string, body: unknown, headers: Record<string, string> = {}, url = server.url) =>
  fetch(url + path, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json', ...headers },
  });

const client = () => new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });

test('a completion is what sample writes with the same seed, whole and streamed', async () => {
  const options = { maxNewTokens: 20, seed: 7, temperature: 0.9 };
  const { text } = await model.complete('To be', options);
  const asked = { model: 'writer', prompt: 'To be', max_tokens: 20, seed: 7, temperature: 0.9 };
  const whole = await client().completions.create(asked);
  expect(whole.choices[0]!.text).toBe(text);
  expect(whole.usage).toEqual({ prompt_tokens: 5, completion_tokens: 20, total_tokens: 25 });
  expect(whole.choices[0]!.finish_reason).toBe('length');
  let streamed = '';
  const stream = await client().completions.create({ ...asked, stream: true, stream_options: { include_usage: true } });
  let usage: unknown;
  for await (const chunk of stream) {
    streamed += chunk.choices[0]?.text ?? '';
    usage = chunk.usage ?? usage;
  }
  expect(streamed).toBe(text);
  expect(usage).toEqual(whole.usage);
});

test('a chat is prompted with the template, and its chunks are its answer', async () => {
  const messages = [{ role: 'user', content: 'hi' }] as const;
  const asked = { model: 'x', messages: [...messages], max_tokens: 12, seed: 3 };
  const whole = await client().chat.completions.create(asked);
  const { text } = await model.complete('User: hi\nAssistant:', { maxNewTokens: 12, seed: 3 });
  expect(whole.choices[0]!.message).toMatchObject({ role: 'assistant', content: text.trimStart() });
  let streamed = '';
  for await (const chunk of await client().chat.completions.create({ ...asked, stream: true }))
    streamed += chunk.choices[0]?.delta.content ?? '';
  expect(streamed).toBe(whole.choices[0]!.message.content);
});

test('stop, n, several prompts, and the end of the context', async () => {
  const { text } = await model.complete('ab', { maxNewTokens: 30, greedy: true });
  const stop = text[3]!;
  const asked = { prompt: 'ab', max_tokens: 30, temperature: 0, stop };
  const stopped = (await (await post('/v1/completions', asked)).json()) as OpenAI.Completion;
  expect(stopped.choices[0]).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
  const several = (await (
    await post('/v1/completions', { prompt: ['a', 'b'], n: 2, max_tokens: 5, seed: 1 })
  ).json()) as OpenAI.Completion;
  const expected = [];
  for (const prompt of ['a', 'b'])
    for (const index of [0, 1]) expected.push((await model.complete(prompt, { maxNewTokens: 5, seed: 1, index })).text);
  expect(several.choices.map((choice) => choice.text)).toEqual(expected);
  const full = (await (
    await post('/v1/completions', { prompt: 'x'.repeat(60), max_tokens: 50 })
  ).json()) as OpenAI.Completion;
  expect(full.usage).toMatchObject({ prompt_tokens: 60, completion_tokens: 4 });
  expect(full.choices[0]!.finish_reason).toBe('length');
});

test('log-probabilities are those of the model, best first', async () => {
  const { choices } = await client().completions.create({
    model: 'x',
    prompt: 'abc',
    max_tokens: 4,
    temperature: 0,
    logprobs: 3,
  });
  const { tokens, token_logprobs: own, top_logprobs: top, text_offset: offsets } = choices[0]!.logprobs!;
  expect([tokens!.length, own!.length, top!.length, offsets![0]]).toEqual([4, 4, 4, 0]);
  for (const [i, logprob] of own!.entries()) {
    const best = Object.values(top![i]!);
    expect(best[0]).toBeCloseTo(logprob, 6); // greedy draws the likeliest
    expect([...best].sort((a, b) => b - a)).toEqual(best);
  }
  const chat = await client().chat.completions.create({
    model: 'x',
    messages: [{ role: 'user', content: 'a' }],
    max_tokens: 3,
    logprobs: true,
    top_logprobs: 2,
  });
  expect(chat.choices[0]!.logprobs!.content!.map((token) => token.top_logprobs.length)).toEqual([2, 2, 2]);
});

test.each([
  ['no JSON', '/v1/completions', '{', 400, 'not JSON'],
  ['a wrong type', '/v1/completions', { prompt: 'a', max_tokens: 'x' }, 400, '"max_tokens"'],
  ['a field that would matter', '/v1/completions', { prompt: 'a', presence_penalty: 1 }, 400, 'not supported'],
  ['a bias of no token', '/v1/completions', { prompt: 'a', logit_bias: { x: 5 } }, 400, 'must be the id of a token'],
  ['a bias of a token that is not there', '/v1/completions', { prompt: 'a', logit_bias: { 999: 5 } }, 400, 'token 999'],
  ['a prompt that does not fit', '/v1/completions', { prompt: 'x'.repeat(64) }, 400, 'context of the model is 64'],
  ['an id beyond the vocabulary', '/v1/completions', { prompt: [1, 257] }, 400, 'the token 257'],
  ['no messages', '/v1/chat/completions', {}, 400, '"messages"'],
  ['a foreign role', '/v1/chat/completions', { messages: [{ role: 'x', content: '' }] }, 400, 'message 1 has "x"'],
  [
    'what the template refuses',
    '/v1/chat/completions',
    { messages: [{ role: 'tool', content: 'x' }] },
    400,
    'knows no tools',
  ],
  ['a classifier that is none', '/classify', { input: 'x' }, 404, 'writes text'],
  ['no such path', '/v1/embeddings', {}, 404, 'there is no POST'],
  ['10 MB', '/v1/completions', { prompt: 'x'.repeat(1e7) }, 413, 'more than 1048576 bytes'],
])('%s is refused: %s', async (_, path, body, status, message) => {
  const response = await post(path, body);
  const { error } = (await response.json()) as { error: { message: string; type: string } };
  expect(response.status).toBe(status);
  expect(error.message).toContain(message);
  expect(error.type).toBe('invalid_request_error');
});

test('a form of a web page, and another name for this machine, are refused', async () => {
  expect((await post('/v1/completions', '{}', { 'Content-Type': 'text/plain' })).status).toBe(415);
  const { port } = new URL(server.url);
  const answer = await new Promise<string>((done) => {
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.end('GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    );
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('close', () => done(text));
  });
  expect(answer).toMatch(/^HTTP\/1.1 403/);
});

test('models, health, metrics and the page', async () => {
  const models = await client().models.list();
  expect(models.data.map(({ id }) => id)).toEqual(['writer']);
  expect(await (await fetch(`${server.url}/healthz`)).json()).toEqual({ status: 'ok' });
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toMatch(/^gpt_cli_requests_total\{path="\/v1\/completions",status="200"\} \d+$/m);
  expect(metrics).toMatch(/^gpt_cli_time_to_first_token_seconds_bucket\{le="\+Inf"\} \d+$/m);
  expect(metrics).toMatch(/^gpt_cli_requests_running 0$/m);
  const page = await fetch(server.url);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('<h1>writer</h1>');
});

test('a key is asked for, and compared', async () => {
  const locked = await start(join(folder, 'writer'), { apiKey: 'secret' });
  try {
    const status = async (headers: Record<string, string>) =>
      (await post('/v1/completions', { prompt: 'a', max_tokens: 1 }, headers, locked.url)).status;
    expect(await status({})).toBe(401);
    expect(await status({ Authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ Authorization: 'Bearer secret' })).toBe(200);
    expect((await fetch(`${locked.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${locked.url}/metrics`)).status).toBe(401);
  } finally {
    await locked.close();
  }
});

test('many clients: each gets its own text; requests beyond the queue get 429 with Retry-After', async () => {
  const many = await start(join(folder, 'writer'), { queue: 8, maxBatch: 4 });
  try {
    const seeds = Array.from({ length: 24 }, (_, i) => i);
    const responses = await Promise.all(
      seeds.map((seed) => post('/v1/completions', { prompt: 'a', max_tokens: 12, seed }, {}, many.url)),
    );
    const refused = responses.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThan(0);
    for (const response of refused) expect(response.headers.get('retry-after')).toBe('1');
    for (const [i, response] of responses.entries()) {
      if (response.status === 429) continue;
      const { choices } = (await response.json()) as OpenAI.Completion;
      expect(choices[0]!.text).toBe((await model.complete('a', { maxNewTokens: 12, seed: seeds[i]! })).text);
    }
  } finally {
    await many.close();
  }
});

test('requests join those that are being answered, and one with many choices does not keep others waiting', async () => {
  const few = await start(join(folder, 'writer'), { maxBatch: 2 });
  try {
    const finished: string[] = [];
    const ask = async (name: string, body: object) => {
      const response = await post('/v1/completions', { max_tokens: 40, seed: 3, ...body }, {}, few.url);
      const { choices } = (await response.json()) as OpenAI.Completion;
      finished.push(name);
      return choices.map(({ text }) => text);
    };
    const large = ask('large', { prompt: 'a', n: 12 });
    await new Promise((wake) => setTimeout(wake, 20));
    const small = await ask('small', { prompt: 'b', max_tokens: 5 });
    const alone = [await model.complete('b', { maxNewTokens: 5, seed: 3 })];
    for (let index = 0; index < 12; index++)
      alone.push(await model.complete('a', { maxNewTokens: 40, seed: 3, index }));
    expect([...small, ...(await large)]).toEqual(alone.map(({ text }) => text));
    const drawn = alone.reduce((sum, { tokens, finish }) => sum + tokens.length + (finish === 'eos' ? 1 : 0), 0);
    expect(finished).toEqual(['small', 'large']);
    const metrics = await (await fetch(`${few.url}/metrics`)).text();
    expect(metrics).toContain(`\ngpt_cli_generated_tokens_total ${drawn}\n`);
    expect(metrics).toMatch(/^gpt_cli_batch_rows 0$/m);
    expect(metrics).toMatch(/^gpt_cli_compiled_programs_total [1-9]/m);
  } finally {
    await few.close();
  }
});

test('logit_bias bans and forces tokens, as OpenAI has it', async () => {
  const a = 'a'.charCodeAt(0);
  const asked = { model: 'x', prompt: 'q', max_tokens: 4, temperature: 0 };
  const forced = await client().completions.create({ ...asked, logit_bias: { [a]: 100 } });
  expect(forced.choices[0]!.text).toBe('aaaa');
  const banned = await client().completions.create({ ...asked, logit_bias: { [a]: 100, [a + 1]: 100, [a + 2]: -100 } });
  expect(banned.choices[0]!.text).toMatch(/^[ab]{4}$/);
});

test('a client that leaves frees its place', async () => {
  const leave = new AbortController();
  const metric = async (name: string) =>
    Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await (await fetch(`${server.url}/metrics`)).text())![1]);
  const before = await metric('gpt_cli_cancelled_total');
  const response = await fetch(`${server.url}/v1/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: Array(16).fill('a'), n: 16, max_tokens: 60, stream: true }),
    signal: leave.signal,
  });
  await response.body!.getReader().read();
  leave.abort();
  for (let i = 0; i < 100 && (await metric('gpt_cli_requests_running')) > 0; i++)
    await new Promise((wake) => setTimeout(wake, 50));
  expect(await metric('gpt_cli_requests_running')).toBe(0);
  expect(await metric('gpt_cli_cancelled_total')).toBe(before + 1);
});

test('a classifier gives labels with probabilities, and no text', async () => {
  const labeller = await start(join(folder, 'labeller'));
  try {
    const response = await post('/classify', { input: ['fine', 'awful'] }, {}, labeller.url);
    const { data } = (await response.json()) as { data: { label: string; scores: Record<string, number> }[] };
    for (const { label, scores } of data) {
      expect(scores['good']! + scores['bad']!).toBeCloseTo(1, 5);
      expect(scores[label]).toBeGreaterThanOrEqual(0.5);
    }
    expect((await post('/v1/completions', { prompt: 'a' }, {}, labeller.url)).status).toBe(404);
  } finally {
    await labeller.close();
  }
});

test('closing waits for the request that is under way', async () => {
  const stopping = await start(join(folder, 'writer'));
  const asked = post('/v1/completions', { prompt: 'a', n: 8, max_tokens: 60, seed: 1 }, {}, stopping.url);
  await new Promise((wake) => setTimeout(wake, 50));
  await stopping.close();
  const response = await asked;
  expect(response.status).toBe(200);
  expect(((await response.json()) as OpenAI.Completion).choices).toHaveLength(8);
  await expect(fetch(stopping.url)).rejects.toThrow();
});
