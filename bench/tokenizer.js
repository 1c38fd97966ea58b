// Training and encoding a BPE beside Python's tokenizers on one thread, in turns; the result is the median of the
// rounds' ratios. Both get the same documents, the text cut at <|endoftext|> as a corpus is; both encode with an empty
// cache; merges, and the ids of every document, must be equal.
// node bench/tokenizer.js [--text FILE] [--vocab-size 4096] [--rounds 5] [--json]   exit 1 when slower than the aim
// The peer needs a virtual environment with tokenizers: GPT_CLI_VENV, or .venv.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import * as esbuild from 'esbuild';
import { fail, median, python, requirePython, root, temporaryFolder } from './inputs/common.js';

const here = dirname(fileURLToPath(import.meta.url));
const aims = { train: 2, encode: 1 }; // at most so many times the peer's seconds

const { values: options } = parseArgs({
  options: {
    text: { type: 'string' },
    'vocab-size': { type: 'string', default: '4096' },
    rounds: { type: 'string', default: '5' },
    json: { type: 'boolean', default: false },
  },
});
const vocabSize = Number(options['vocab-size']);
const path = options.text ?? bundledText();
requirePython('tokenizers');
if (!path || !existsSync(path)) fail(`no text ${path ?? 'in data/'} (give one with --text)`);

/** The largest text that comes with the package. */
function bundledText() {
  const texts = readdirSync(join(root, 'data'))
    .filter((name) => name.endsWith('.txt'))
    .map((name) => join(root, 'data', name));
  return texts.sort((a, b) => statSync(b).size - statSync(a).size)[0];
}

function startPeer() {
  const child = spawn(python, [join(here, 'tokenizer.py'), path, String(vocabSize)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command) => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done) fail('the peer stopped');
    return JSON.parse(value);
  };
  return { ask, end: () => child.stdin.end() };
}

async function loadOurs() {
  const outfile = join(temporaryFolder('tokenizer'), 'tokenizer.mjs');
  const entryPoints = [join(root, 'src', 'tokenizer', 'index.ts')];
  await esbuild.build({
    entryPoints,
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    logLevel: 'error',
  });
  return import(pathToFileURL(outfile).href);
}

async function timed(work) {
  const start = performance.now();
  const result = await work();
  return { seconds: (performance.now() - start) / 1000, result };
}

const pairsOf = (merges) => merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));

const text = readFileSync(path, 'utf8');
const documents = text.split('<|endoftext|>');
async function* pieces() {
  for (const document of documents) yield { text: document, endOfDocument: true };
}

const peer = startPeer();
const ours = await loadOurs();
const { version } = await peer.ask('version');
const rounds = [];
for (let round = 0; round < Number(options.rounds); round++) {
  const theirTraining = await peer.ask('train');
  const training = await timed(() => ours.trainBpeTokenizer(pieces(), { vocabSize }));
  const theirEncoding = await peer.ask('encode');
  const json = JSON.parse(JSON.stringify(training.result.toJSON()));
  const encoding = await timed(() => {
    const tokenizer = ours.parseTokenizer(json, 'bench');
    return documents.map((document) => tokenizer.encode(document));
  });
  const same = {
    merges: JSON.stringify(pairsOf(JSON.parse(theirTraining.json).model.merges)) === JSON.stringify(json.model.merges),
    ids: JSON.stringify(theirEncoding.ids) === JSON.stringify(encoding.result.map((ids) => [...ids])),
  };
  if (!same.merges || !same.ids) fail(`round ${round}: ${same.merges ? 'ids' : 'merges'} differ from the peer's`);
  rounds.push({
    train: { ours: training.seconds, peer: theirTraining.seconds },
    encode: {
      ours: encoding.seconds,
      peer: theirEncoding.seconds,
      byDocument: theirEncoding.byDocument,
      byLine: theirEncoding.byLine,
    },
  });
}
peer.end();

const summary = Object.keys(aims).map((work) => ({
  work,
  ours: median(rounds.map((round) => round[work].ours)),
  peer: median(rounds.map((round) => round[work].peer)),
  ratio: median(rounds.map((round) => round[work].ours / round[work].peer)),
  aim: aims[work],
}));
const input = { text: path, bytes: Buffer.byteLength(text), documents: documents.length };
if (options.json) console.log(JSON.stringify({ ...input, vocabSize, version, rounds, summary }));
else {
  const read = `${path}, ${input.bytes} bytes in ${input.documents} document(s)`;
  console.log(`${read}, ${vocabSize} ids, ${rounds.length} rounds; peer: tokenizers ${version}, one thread`);
  for (const { work, ours: mine, peer: theirs, ratio, aim } of summary) {
    console.log(
      `${work.padEnd(7)} ours ${mine.toFixed(3)} s   peer ${theirs.toFixed(3)} s   ours/peer ${ratio.toFixed(2)} (aim: at most ${aim})`,
    );
  }
  console.log('merges and ids are equal');
}
process.exitCode = summary.every(({ ratio, aim }) => ratio <= aim) ? 0 : 1;
