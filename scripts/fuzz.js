// `npm run fuzz -- --count 20000 --seed 1`: mutates the files that people and other programs give to gpt-cli, and reads them
// with the readers of scripts/fuzz/readers.ts in a process of their own. Anything but a GptError, more than 5 s, a crash or
// more than 1 GB of memory is a failure: the input is kept, and the exit code is 1.
import { execFileSync, fork } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, seed: { type: 'string', default: '1' } },
});
const count = Number(values.count);
const seed = Number(values.seed);
const seconds = 5;
const memoryLimit = 1e9;

/** mulberry32 */
let state = seed | 0;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];

const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'gpt-cli-fuzz-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

// The sources as one program, tfjs left out of it where no reader needs it.
const bundle = join(root, 'dist', 'test', 'fuzz-readers.mjs');
const esbuild = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
execFileSync(process.execPath, [
  ...[esbuild, join(root, 'scripts/fuzz/readers.ts'), '--bundle', '--platform=node', '--format=esm'],
  ...['--main-fields=module,main', '--log-level=error', `--outfile=${bundle}`],
  ...['--external:onnxruntime-node', '--external:koffi'],
  "--banner:js=import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url);",
]);

// What is mutated: made by the program itself, so that mutations get past the first checks.
const text = join(work, 'text.txt');
writeFileSync(text, 'Ada sees the red ball. Ben likes a small boat, and finds an old key.\n'.repeat(60));
const rows = Array.from({ length: 24 }, (_, n) => [`the ball ${n}, "red" and round`, n % 2 ? 'yes' : 'no']);
const quoted = (field) => `"${field.replaceAll('"', '""')}"`;
const tables = {
  'rows.csv': `text,label\n${rows.map((row) => row.map(quoted).join(',')).join('\n')}\n`,
  'rows.tsv': `text\tlabel\n${rows.map((row) => row.join('\t')).join('\n')}\n`,
  'rows.jsonl': rows.map(([text, label], id) => JSON.stringify({ text, label, id, score: 0.5 })).join('\n'),
  'rows.json': JSON.stringify(rows.map(([text, label]) => ({ text, label }))),
  'chat.jsonl': rows
    .map(([content]) =>
      JSON.stringify({
        messages: [
          { role: 'user', content },
          { role: 'assistant', content: 'ok' },
        ],
      }),
    )
    .join('\n'),
  'choices.jsonl': rows.map(([question]) => JSON.stringify({ question, choices: ['a', 'b'], label: 1 })).join('\n'),
};
const gpt = (...args) =>
  execFileSync(process.execPath, [join(root, 'bin', 'gpt-cli.js'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
const shape = ['--n-layer', '1', '--n-head', '2', '--n-embd', '8', '--block-size', '16', '--max-iters', '2'];
const base = join(work, 'base');
gpt('pretrain', text, '-o', base, '--vocab-size', '300', ...shape, '--eval-iters', '1', '--threads', '1');
const adapted = join(work, 'adapted');
writeFileSync(join(work, 'rows.csv'), tables['rows.csv']);
const lora = ['--lora-rank', '2', '--max-iters', '2', '--threads', '1'];
gpt('finetune', join(work, 'rows.csv'), '--from', base, '-o', adapted, ...lora);

// The same model in two shards, with GPT-2's older tokenizer files.
const sharded = join(work, 'sharded');
mkdirSync(sharded);
cpSync(join(base, 'last', 'config.json'), join(sharded, 'config.json'));
cpSync(join(base, 'last', 'tokenizer_config.json'), join(sharded, 'tokenizer_config.json'));
const { model, added_tokens: added } = JSON.parse(readFileSync(join(base, 'last', 'tokenizer.json'), 'utf8'));
writeFileSync(join(sharded, 'vocab.json'), JSON.stringify(model.vocab));
const merges = model.merges.map((pair) => (Array.isArray(pair) ? pair.join(' ') : pair));
writeFileSync(join(sharded, 'merges.txt'), ['#version: 0.2', ...merges, ''].join('\n'));
writeFileSync(
  join(sharded, 'added_tokens.json'),
  JSON.stringify(Object.fromEntries(added.map(({ content, id }) => [content, id]))),
);
writeFileSync(join(sharded, 'special_tokens_map.json'), JSON.stringify({ eos_token: '<|endoftext|>' }));
shard(join(base, 'last', 'model.safetensors'), sharded);

/** Splits a safetensors file: every other tensor goes into the second file. */
function shard(path, folder) {
  const bytes = readFileSync(path);
  const end = 8 + Number(bytes.readBigUInt64LE(0));
  const tensors = Object.entries(JSON.parse(bytes.subarray(8, end).toString())).filter(
    ([name]) => name !== '__metadata__',
  );
  const weightMap = {};
  for (const part of [0, 1]) {
    const name = `model-0000${part + 1}-of-00002.safetensors`;
    const header = {};
    const data = [];
    let offset = 0;
    for (const [tensor, entry] of tensors.filter((_, n) => n % 2 === part)) {
      const [from, to] = entry.data_offsets;
      header[tensor] = { ...entry, data_offsets: [offset, offset + to - from] };
      offset += to - from;
      data.push(bytes.subarray(end + from, end + to));
      weightMap[tensor] = name;
    }
    writeFileSync(join(folder, name), Buffer.concat([sized(JSON.stringify(header)), ...data]));
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ weight_map: weightMap }));
}

/** reader, the folder or file to give it, and the file in it that is mutated. */
const cases = [
  ...Object.keys(tables).map((name) => ({ reader: 'table', name, seed: Buffer.from(tables[name]) })),
  { reader: 'text', name: 'text.txt', seed: readFileSync(text).subarray(0, 600) },
  { reader: 'text', name: 'utf16.txt', seed: Buffer.from('\ufeffAda sees the red ball.', 'utf16le') },
  { reader: 'text', name: 'text.jsonl', seed: Buffer.from(tables['rows.jsonl']) },
  { reader: 'tokenizer', name: 'tokenizer.json', seed: readFileSync(join(base, 'last', 'tokenizer.json')) },
  ...['config.json', 'model.safetensors', 'training_state.json', 'tokenizer.json', 'tokenizer_config.json'].map(
    (file) => ({
      reader: 'checkpoint',
      folder: join(base, 'last'),
      file,
    }),
  ),
  { reader: 'checkpoint', folder: join(adapted, 'last', 'adapter'), file: 'adapter_config.json' },
  { reader: 'checkpoint', folder: join(adapted, 'last', 'adapter'), file: 'adapter_model.safetensors' },
  { reader: 'checkpoint', folder: join(base, 'last'), file: 'optimizer.safetensors' },
  ...['model.safetensors.index.json', 'model-00002-of-00002.safetensors'].map((file) => ({
    reader: 'checkpoint',
    folder: sharded,
    file,
  })),
  ...['vocab.json', 'merges.txt', 'added_tokens.json', 'special_tokens_map.json'].map((file) => ({
    reader: 'tokenizer',
    folder: sharded,
    file,
  })),
  { reader: 'run', folder: base, file: 'config.json' },
  { reader: 'run', folder: base, file: 'last/training_state.json' },
  { reader: 'run', folder: base, file: 'log.jsonl' },
  { reader: 'preset', name: 'preset.json', seed: readFileSync(join(root, 'configs', 'char-tiny.json')) },
];

const numbers = [
  '0',
  '-1',
  '1e9',
  '1e308',
  '-1e308',
  '9007199254740993',
  '0.1',
  'null',
  '"x"',
  '[]',
  '{}',
  'true',
  '""',
];
const strings = [
  '__proto__',
  'constructor',
  'toString',
  '',
  '\u0000',
  '\ud800',
  'a'.repeat(5000),
  '../../x',
  '<|endoftext|>',
];

/** A JSON value with something in it changed; undefined removes it. */
function mutateValue(value, depth = 0) {
  if (depth > 6 || random() < 0.15 || typeof value !== 'object' || value === null) {
    if (random() < 0.2) return undefined;
    return random() < 0.5 ? JSON.parse(pick(numbers)) : pick(strings);
  }
  const copy = Array.isArray(value) ? [...value] : { ...value };
  const keys = Object.keys(copy);
  if (keys.length === 0) return pick([{ [pick(strings)]: 1 }, [1], null]);
  const key = pick(keys);
  if (random() < 0.1 && !Array.isArray(copy)) copy[pick(strings)] = copy[key];
  else if (random() < 0.1 && Array.isArray(copy)) copy.push(copy[key], copy[key]);
  else copy[key] = mutateValue(copy[key], depth + 1);
  return copy;
}

function asJson(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}

/** A safetensors file with a changed header, its length put right. */
function mutateHeader(bytes) {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.stringify(mutateValue(JSON.parse(bytes.subarray(8, 8 + length).toString()))) ?? '';
  return Buffer.concat([sized(header), bytes.subarray(8 + length)]);
}

/** A safetensors header with its length before it. */
function sized(header) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([size, Buffer.from(header)]);
}

function insert(bytes, at, what) {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(what), bytes.subarray(at)]);
}

function mutateBytes(bytes) {
  const at = below(bytes.length + 1);
  const to = Math.min(bytes.length, at + below(64));
  switch (below(13)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([bytes.subarray(0, at), bytes.subarray(to)]);
    case 2:
      return Buffer.concat([bytes.subarray(0, to), bytes.subarray(at, to), bytes.subarray(to)]);
    case 3:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(pick(strings)), bytes.subarray(at)]);
    case 4:
      return Buffer.concat([Buffer.from(pick(['\ufeff', '\u0000', 'sep=;\n', '[', '{', '\r', '"'])), bytes]);
    case 5:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from(pick(['[', '{"a":', '"', '(']).repeat(10000)),
        bytes.subarray(at),
      ]);
    case 6:
      return Buffer.from(
        bytes.toString('latin1').replace(/\d+/g, (n) => (random() < 0.1 ? pick(numbers) : n)),
        'latin1',
      );
    case 7:
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', pick(['\r\n', '\r', '\n\n', ''])), 'latin1');
    case 8: // a key twice, in the object around it or in another
      return insert(bytes, at, pick(bytes.toString('latin1').match(/"[^"]*":\s*[^,{}[\]]+,/g) ?? ['"a":1,']));
    case 9: // what JavaScript and Python write, and JSON lacks
      return Buffer.from(
        bytes.toString('latin1').replace(/\d+/g, (n) => (random() < 0.1 ? pick(['NaN', '-Infinity', '0x1']) : n)),
        'latin1',
      );
    case 10: // no UTF-8
      return insert(bytes, at, Buffer.from(pick(['ff', 'c0af', 'eda080', 'f4908080', 'e282', '0000', 'fffe']), 'hex'));
    case 11: {
      const length = pick([300_000, 2_000_000]);
      return insert(bytes, at, pick(['a', '"', ' ', '\n', ',', '\u00e9']).repeat(length));
    }
    default: {
      const copy = Buffer.from(bytes);
      for (let n = 1 + below(8); n > 0 && copy.length > 0; n--) copy[below(copy.length)] ^= 1 << below(8);
      return copy;
    }
  }
}

function mutate(bytes, name) {
  let result = bytes;
  for (let n = 1 + below(3); n > 0; n--) {
    const json = name.endsWith('.json') && random() < 0.6 ? asJson(result) : undefined;
    if (json !== undefined) result = Buffer.from(JSON.stringify(mutateValue(json)) ?? '');
    else if (name.endsWith('.safetensors') && random() < 0.5 && n === 1 && result === bytes)
      result = mutateHeader(result);
    else result = mutateBytes(result);
  }
  return result;
}

/** The readers' process. What an earlier one says after its end is ignored. */
let child;
let answer = () => {};
function start() {
  const own = fork(bundle, { execArgv: ['--max-old-space-size=1024'], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
  child = own;
  let err = '';
  own.stderr.on('data', (chunk) => {
    err = (err + chunk).slice(-4000);
  });
  own.on('message', (message) => own === child && answer(message));
  own.on('exit', (code, signal) => own === child && answer({ outcome: 'crash', detail: `${code ?? signal} ${err}` }));
}

function read(reader, path) {
  return new Promise((resolve) => {
    const finish = (message) => {
      clearTimeout(timer);
      answer = () => {};
      resolve(message);
    };
    const timer = setTimeout(() => finish({ outcome: 'hang', detail: `more than ${seconds} s` }), seconds * 1000);
    answer = finish;
    if (!child.connected)
      return finish({ outcome: 'crash', detail: 'the process ended after the input before this one' });
    child.send({ reader, path });
  });
}

function restart() {
  const old = child;
  start();
  old.kill('SIGKILL');
}

const outcomes = {};
const failures = [];
start();
await readSeeds();
for (let n = 0; n < count; n++) {
  const chosen = cases[n % cases.length];
  const { path, folder } = place(chosen, (bytes, name) => mutate(bytes, name));
  let { outcome, detail, bytes } = await read(chosen.reader, path);
  if (bytes > memoryLimit) {
    detail = `${outcome}; ${Math.round(bytes / 1e6)} MB`;
    outcome = 'memory';
  }
  const key = `${chosen.reader} ${outcome}`;
  outcomes[key] = (outcomes[key] ?? 0) + 1;
  if (outcome === 'read' || outcome === 'refused') continue;
  const kept = mkdtempSync(join(tmpdir(), 'gpt-cli-fuzz-failure-'));
  cpSync(folder, kept, { recursive: true });
  failures.push(
    `input ${n}: ${chosen.reader} of ${chosen.name ?? chosen.file}: ${outcome}: ${String(detail).slice(0, 600)}\n  kept in ${kept}`,
  );
  if (outcome !== 'bug') restart();
}
answer = () => {};
child.kill();

/** Writes a case's files, one of them changed. */
function place({ folder: from, file, name, seed }, change) {
  const folder = join(work, 'input');
  rmSync(folder, { recursive: true, force: true });
  if (from) cpSync(from, folder, { recursive: true });
  else mkdirSync(folder);
  const target = join(folder, file ?? name);
  writeFileSync(target, change(from ? readFileSync(target) : seed, file ?? name));
  return { folder, path: from ? folder : target };
}

/** A seed that is refused would hide the reader behind its first check. */
async function readSeeds() {
  for (const chosen of cases) {
    const { outcome, detail } = await read(chosen.reader, place(chosen, (bytes) => bytes).path);
    if (outcome !== 'read') throw new Error(`${chosen.reader} of ${chosen.name ?? chosen.file}, unchanged: ${detail}`);
  }
}

console.log(`seed ${seed}: ${count} inputs, ${failures.length} failures`);
for (const [key, times] of Object.entries(outcomes).sort()) console.log(`  ${key}: ${times}`);
for (const failure of failures.slice(0, 20)) console.log(failure);
if (failures.length > 0) process.exitCode = 1;
