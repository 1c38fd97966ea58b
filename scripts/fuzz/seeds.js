// What scripts/fuzz.js mutates: files made by the program itself, so that mutations get past the first checks.
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sized } from './sized.js';

/**
 * Trains two tiny runs in the folder `work`.
 * @param root of the repository
 * @returns cases: a reader, the folder or file to give it, and the file in it that is mutated
 */
export function makeCases(root, work) {
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
  gpt(
    'pretrain',
    text,
    '-o',
    base,
    '--vocab-size',
    '300',
    ...shape,
    '--eval-iters',
    '1',
    '--threads',
    '1',
    '--optimizer',
    'adamw',
  );
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

  /** reader, the folder or file to give it, and the file in it that is mutated. */
  return [
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
}

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
