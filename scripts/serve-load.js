// 64 clients stream from a running `gpt-cli serve` and check every text against that which its seed gave to a client alone:
//
//     gpt-cli serve runs/chat --port 8080 --json
//     node scripts/serve-load.js http://127.0.0.1:8080 60
//
// Prints answers that were right, wrong and refused, milliseconds to the first chunk (p50, p99), and the server's memory in MiB.
import { performance } from 'node:perf_hooks';

const [url = 'http://127.0.0.1:8080', seconds = '60'] = process.argv.slice(2);
const clients = 64;
const seeds = 16;

/** The text of a seed, and milliseconds to its first chunk. */
async function ask(seed) {
  const began = performance.now();
  const response = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ prompt: 'User: hello\nAssistant:', max_tokens: 32, seed, stream: true }),
  });
  if (response.status !== 200) return { status: response.status };
  let text = '';
  let rest = '';
  let first;
  for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
    first ??= performance.now() - began;
    const events = (rest + part).split('\n\n');
    rest = events.pop();
    for (const event of events) if (event !== 'data: [DONE]') text += JSON.parse(event.slice(6)).choices[0].text;
  }
  return { status: 200, text, first };
}

async function memory() {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Math.round(Number(/^process_resident_memory_bytes (\d+)/m.exec(metrics)[1]) / 2 ** 20);
}

const expected = [];
for (let seed = 0; seed < seeds; seed++) expected.push((await ask(seed)).text);
const before = await memory();
const end = Date.now() + Number(seconds) * 1000;
const counts = { right: 0, wrong: 0, refused: 0 };
const firsts = [];
const client = async (number) => {
  for (let i = 0; Date.now() < end; i++) {
    const seed = (number + i) % seeds;
    const { status, text, first } = await ask(seed);
    if (status !== 200) counts.refused++;
    else {
      counts[text === expected[seed] ? 'right' : 'wrong']++;
      firsts.push(first);
    }
  }
};
await Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
firsts.sort((a, b) => a - b);
const quantile = (share) => Math.round(firsts[Math.floor(firsts.length * share)]);
console.log({ ...counts, p50: quantile(0.5), p99: quantile(0.99), memory: [before, await memory()] });
process.exitCode = counts.wrong > 0 ? 1 : 0;
