// `gpt-cli serve` under load, and what it must not lose: 64 clients stream for a minute, and each compares its text with that which
// `gpt-cli sample --seed` writes. Beside them clients read slowly, drop connections, send broken and large bodies and a wrong key.
//
//     node scripts/serve-load.js RUN [seconds] [--max-batch 64]
//
// Prints answers that were right, wrong and refused, tokens per second, milliseconds to the first chunk (p50, p99), and the server's
// resident memory in MiB, after a quarter of the time and at the end. Exit code 1 where an answer was wrong or memory grew by a tenth.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadCheckpoint } from '../dist/index.js';

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: { 'max-batch': { type: 'string', default: '64' }, backend: { type: 'string', default: 'onnx' } },
});
const [run, seconds = '60'] = positionals;
const clients = 64;
const key = 'load';
const prompts = ['Once upon a time', 'The fox', 'A', 'There was a clever', 'She said that the'];
const options = { maxNewTokens: 48, temperature: 0.8 };

/** What the server must answer: the texts of the library, one after the other. */
async function expectedTexts() {
  const model = await loadCheckpoint(run, { backend: flags.backend });
  const texts = [];
  for (let seed = 0; seed < 40; seed++)
    texts.push((await model.complete(prompts[seed % prompts.length], { ...options, seed })).text);
  await model.close();
  return texts;
}

async function startServer() {
  const program = join(dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'gpt-cli.js');
  const own = [
    '--port',
    '0',
    '--json',
    '--api-key',
    key,
    '--max-batch',
    flags['max-batch'],
    '--backend',
    flags.backend,
  ];
  const child = spawn(process.execPath, [program, 'serve', run, ...own], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(child.stdout, 'data');
  return { child, url: JSON.parse(String(line)).url };
}

const expected = await expectedTexts();
const { child, url } = await startServer();
const headers = { 'Content-Type': 'application/json', Authorization: `Bearer ${key}` };
const bodyOf = (seed) => {
  const prompt = prompts[seed % prompts.length];
  return JSON.stringify({
    prompt,
    max_tokens: options.maxNewTokens,
    temperature: options.temperature,
    seed,
    stream: true,
  });
};
const post = (body, more = {}) =>
  fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { ...headers, ...more.headers },
    body,
    signal: more.signal,
  });

const counts = { right: 0, wrong: 0, refused: 0, slow: 0, dropped: 0, broken: 0 };
const firsts = [];
let tokens = 0;

/** @param pause milliseconds before each read */
async function ask(seed, pause = 0) {
  const began = performance.now();
  const response = await post(bodyOf(seed));
  if (response.status !== 200) {
    counts.refused++;
    await response.text();
    return sleep(100);
  }
  let text = '';
  let rest = '';
  let first;
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    first ??= performance.now() - began;
    const events = (rest + part).split('\n\n');
    rest = events.pop();
    for (const event of events) if (event !== 'data: [DONE]') text += JSON.parse(event.slice(6)).choices[0].text;
    if (pause > 0) await sleep(pause);
  }
  counts[text === expected[seed] ? 'right' : 'wrong']++;
  tokens += options.maxNewTokens;
  if (pause > 0) counts.slow++;
  else firsts.push(first);
}

/** Leaves after the first chunk. */
async function drop(seed) {
  const gone = new AbortController();
  const response = await post(bodyOf(seed), { signal: gone.signal });
  if (response.status === 200) await response.body.getReader().read();
  gone.abort();
  counts.dropped++;
  await sleep(50);
}

async function misbehave(number) {
  const large = `{"prompt":"${'x'.repeat(1e7)}"}`;
  const [body, status, more] = [
    ['{"prompt":', 400],
    [large, 413],
    [bodyOf(1), 401, { headers: { Authorization: 'Bearer wrong' } }],
    ['{"prompt":"a","max_tokens":"many"}', 400],
  ][number % 4];
  const response = await post(body, more);
  await response.text();
  if (response.status !== status) {
    console.error(`a bad request got ${response.status}, not ${status}`);
    counts.wrong++;
  }
  counts.broken++;
  await sleep(50);
}

async function memory() {
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text();
  return Math.round(Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)[1]) / 2 ** 20);
}

const began = Date.now();
const end = began + Number(seconds) * 1000;
const repeat = async (work) => {
  for (let i = 0; Date.now() < end; i++) await work(i);
};
const quarter = sleep(Number(seconds) * 250).then(memory);
await Promise.all([
  ...Array.from({ length: clients - 4 }, (_, number) => repeat((i) => ask((7 * number + i) % expected.length))),
  ...Array.from({ length: 4 }, (_, number) => repeat((i) => ask((number + i) % expected.length, 20))),
  ...Array.from({ length: 2 }, (_, number) => repeat((i) => drop((number + i) % expected.length))),
  repeat(misbehave),
]);
const took = (Date.now() - began) / 1000;
firsts.sort((a, b) => a - b);
const quantile = (share) => Math.round(firsts[Math.floor(firsts.length * share)]);
const used = [await quarter, await memory()];
console.log({
  ...counts,
  tokensPerSecond: Math.round(tokens / took),
  p50: quantile(0.5),
  p99: quantile(0.99),
  memory: used,
});
child.kill('SIGTERM');
const [code] = await once(child, 'exit');
process.exitCode = counts.wrong > 0 || used[1] > 1.1 * used[0] || code !== 130 ? 1 : 0;
