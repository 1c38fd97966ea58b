// Does memory stay flat however big the text? Writes 5 MB and 500 MB of generated text, tokenizes each in a process of
// its own (byte tokenizer), reads 200 batches from it, and prints the peak resident memory of both.
// Usage: node bench/corpus.js [--large MEGABYTES]      exit 1 when the peaks are more than 150 MB apart
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const shape = { batchSize: 64, blockSize: 256 };

/** Sentences of made-up words out of a linear congruential generator; the same text each time. */
function writeText(path, megabytes) {
  let state = 12345;
  const draw = (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  const syllables = ['ka', 'lo', 'mi', 'ten', 'ru', 'sha', 'vor', 'né', 'pol', 'dim', 'est', 'ang'];
  const words = Array.from({ length: 4000 }, () =>
    Array.from({ length: 1 + draw(4) }, () => syllables[draw(syllables.length)]).join(''),
  );
  const file = openSync(path, 'w');
  for (let left = megabytes * 1e6; left > 0; ) {
    let text = '';
    while (text.length < Math.min(1 << 20, left)) {
      const sentence = Array.from({ length: 3 + draw(12) }, () => words[draw(words.length)]).join(' ');
      text += `${sentence}${draw(5) === 0 ? '.\n\n' : '. '}`;
    }
    left -= writeSync(file, text);
  }
  closeSync(file);
}

async function bundle(target) {
  const contents = "export * from './src/dataset/index.js'; export { byteTokenizer } from './src/tokenizer/index.js';";
  await esbuild.build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    outfile: target,
    bundle: true,
    platform: 'node',
    format: 'esm',
    banner: { js: "import { createRequire as load } from 'node:module'; const require = load(import.meta.url);" },
    target: 'node20',
    logLevel: 'error',
  });
}

async function child(library, text, directory) {
  const gpt = await import(pathToFileURL(library).href);
  const started = performance.now();
  const corpus = await gpt.buildCorpus({ inputs: [text], tokenizer: gpt.byteTokenizer(), directory, valSplit: 0.1 });
  const built = performance.now();
  let sum = 0;
  for (let step = 0; step < 200; step++)
    for (const id of gpt.randomBatch(corpus.train, shape, { seed: 1, step }).ids) sum += id;
  const read = performance.now();
  corpus.close();
  const peakMB = process.resourceUsage().maxRSS / 1024;
  console.log(
    JSON.stringify({
      tokens: corpus.meta.tokens,
      buildSeconds: (built - started) / 1000,
      batchMs: (read - built) / 200,
      peakMB,
      sum,
    }),
  );
}

function measure(directory, library, megabytes) {
  const text = join(directory, `${megabytes}.txt`);
  writeText(text, megabytes);
  const tokens = join(directory, `tokens${megabytes}`);
  mkdirSync(tokens);
  const out = execFileSync(process.execPath, [fileURLToPath(import.meta.url), '--child', library, text, tokens], {
    encoding: 'utf8',
  });
  rmSync(text);
  rmSync(tokens, { recursive: true });
  return JSON.parse(out);
}

const [first, ...rest] = process.argv.slice(2);
if (first === '--child') {
  await child(...rest);
} else {
  const large = first === '--large' ? Number(rest[0]) : 500;
  const directory = mkdtempSync(join(tmpdir(), 'gpt-cli-bench-'));
  try {
    const library = join(directory, 'library.mjs');
    await bundle(library);
    console.log('| text | tokens | tokenizing | a batch of 64 x 256 | peak memory |\n|---|---|---|---|---|');
    const [small, big] = [5, large].map((megabytes) => {
      const result = measure(directory, library, megabytes);
      const { tokens, buildSeconds, batchMs, peakMB } = result;
      console.log(
        `| ${megabytes} MB | ${tokens} | ${buildSeconds.toFixed(1)} s | ${batchMs.toFixed(2)} ms | ${peakMB.toFixed(0)} MB |`,
      );
      return result;
    });
    const apart = big.peakMB - small.peakMB;
    console.log(`${apart.toFixed(0)} MB apart; ${apart < 150 ? 'flat' : 'NOT flat: more than 150 MB'}`);
    if (apart >= 150) process.exitCode = 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
