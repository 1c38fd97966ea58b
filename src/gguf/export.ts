// A checkpoint as a GGUF file for llama.cpp, ollama and LM Studio.
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { openCheckpoint } from '../checkpoint/open.js';
import { GptError } from '../errors.js';
import { exists, makeFolder, readJsonObject } from '../files/index.js';
import type { ParameterSpec } from '../model/config.js';
import { familyOf } from '../model/registry.js';
import type { Tokenizer } from '../tokenizer/types.js';
import { storedShape, toFile } from './layout.js';
import type { Writable } from './quantize.js';
import { preTokenizers, tokenTypes } from './tokenizer.js';
import { type BlockFormat, formatNamed } from './types.js';
import { type Entry, type TensorToWrite, writeGguf } from './write.js';

export interface ExportOptions {
  /** The file to write. */
  readonly out: string;
  /** Number format of the matrices. */
  readonly type: Writable;
  readonly overwrite?: boolean;
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly tensors: number;
  /** How many tensors are in each number format. */
  readonly formats: Readonly<Record<string, number>>;
  /** Of the file. */
  readonly bytes: number;
}

/** llama.cpp's `general.file_type`. */
const fileTypes: Readonly<Record<Writable, number>> = { F32: 0, F16: 1, Q4_0: 2, Q8_0: 7, BF16: 32 };

/**
 * @param path a run folder, a checkpoint folder or a Hugging Face folder
 * @throws GptError `export/...` for what GGUF cannot hold, with the reason
 */
export async function exportGguf(
  path: string,
  { out, type, overwrite = false, signal }: ExportOptions,
): Promise<Exported> {
  if (out === '' || out === '-') {
    throw new GptError(
      'export/out',
      out === '' ? 'the name of the file to write is empty' : 'a GGUF file is not written to standard output',
      {
        hint: 'name a file with -o',
      },
    );
  }
  if (!overwrite && (await stat(out).catch(() => undefined)))
    throw new GptError('export/exists', `${out} is already there`, { hint: 'choose another name, or --overwrite' });
  const checkpoint = await openCheckpoint(path);
  try {
    const { config, specs, labels, directory } = checkpoint;
    if (labels) {
      throw new GptError('export/classifier', `${directory} is a classifier: llama.cpp has no such models`, {
        hint: 'export a model that continues text; transformers opens the classifier as it is',
      });
    }
    const { gguf, name } = familyOf(config);
    if (!gguf) throw new GptError('export/model', `llama.cpp has no ${name} models`);
    const own = Object.entries(gguf.write(config)).map(
      ([key, entry]): Entry => ({ key: `${gguf.architecture}.${key}`, ...entry }),
    );
    const tokenizer = await checkpoint.loadTokenizer();
    const entries: Entry[] = [
      { key: 'general.architecture', type: 'string', value: gguf.architecture },
      { key: 'general.type', type: 'string', value: 'model' },
      { key: 'general.name', type: 'string', value: basename(resolve(path)) },
      { key: 'general.file_type', type: 'uint32', value: fileTypes[type] },
      { key: 'general.quantization_version', type: 'uint32', value: 2 },
      ...own,
      ...tokenizerEntries(tokenizer, config.vocabSize, await tokenizerConfigOf(directory)),
    ];
    const tensors = specs.map((spec): TensorToWrite => {
      const layout = gguf.layout(config, spec);
      const shape = storedShape(spec.shape, layout);
      const read = async () => {
        if (signal?.aborted) throw new GptError('export/interrupted', `interrupted: ${out} was not written`);
        return toFile(await checkpoint.read(spec.name), spec.shape, layout);
      };
      return { name: gguf.tensorName(spec.name), shape, format: formatFor(spec, shape, type), read };
    });
    await makeFolder(dirname(out));
    await writeGguf(out, entries, tensors);
    const formats: Record<string, number> = {};
    for (const { format } of tensors) formats[format.name] = (formats[format.name] ?? 0) + 1;
    return { tensors: tensors.length, formats, bytes: (await stat(out)).size };
  } finally {
    await checkpoint.close();
  }
}

/**
 * Vectors and position tables stay float32, as in llama.cpp. What has a row for each token has 8 bits at least: it is the output
 * projection too. Rows that are no whole blocks are kept in 16 bits.
 */
function formatFor({ role, perToken }: ParameterSpec, shape: readonly number[], type: Writable): BlockFormat {
  const matrix = shape.length === 2 && (role === 'matrix' || perToken);
  if (!matrix) return formatNamed('F32')!;
  const wanted = formatNamed(perToken && type === 'Q4_0' ? 'Q8_0' : type)!;
  return shape[1]! % wanted.size === 0 ? wanted : formatNamed('F16')!;
}

async function tokenizerConfigOf(directory: string): Promise<Record<string, unknown>> {
  const path = join(directory, 'tokenizer_config.json');
  return (await exists(path)) ? readJsonObject(path, 'tokenizer/format') : {};
}

/** A JSON value with the keys of its objects in order, and without what is false, null or a default of `trim_offsets`. */
function comparable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(comparable).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const kept = Object.entries(value).filter(
    ([key, each]) =>
      each !== false && each !== null && key !== 'trim_offsets' && !(key === 'use_regex' && each === true),
  );
  const marked = 'use_regex' in value && value.use_regex === false ? ['"no regex"'] : [];
  return `{${[...kept.map(([key, each]) => `${key}:${comparable(each)}`), ...marked].sort().join()}}`;
}

interface TokenizerJson {
  readonly pre_tokenizer: { readonly type?: string; readonly pretokenizers?: readonly unknown[] } | null;
  readonly normalizer: unknown;
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
  readonly model: { readonly vocab: Record<string, number>; readonly merges: readonly (string | readonly string[])[] };
}

/** @throws GptError `export/tokenizer` for one that llama.cpp does not have */
function tokenizerEntries(
  tokenizer: Tokenizer,
  rows: number,
  { chat_template: template, bos_token: begin }: Record<string, unknown>,
): Entry[] {
  const refuse = (what: string, hint: string) => new GptError('export/tokenizer', what, { hint });
  if (tokenizer.kind === 'char') {
    const hint = 'train with --tokenizer bpe or byte; transformers opens this model as it is';
    throw refuse('llama.cpp has no character tokenizers', hint);
  }
  const json = tokenizer.toJSON() as TokenizerJson;
  if (json.normalizer)
    throw refuse('llama.cpp does not normalize texts for byte-level BPE', 'the tokenizer has a normalizer');
  const pre = preTokenizerName(json);
  if (pre === undefined) {
    const hint = `these are known: ${Object.keys(preTokenizers).join(', ')}`;
    throw refuse("llama.cpp has no name for this tokenizer's pre-tokenizer", hint);
  }
  const tokens = Array.from({ length: rows }, (_, id) => `[PAD${id}]`);
  const types: number[] = Array(rows).fill(tokenTypes.unused);
  for (const [token, id] of Object.entries(json.model.vocab)) {
    if (id >= rows) continue;
    tokens[id] = token;
    types[id] = tokenTypes.normal;
  }
  for (const { id, content, special } of json.added_tokens) {
    if (id >= rows) continue;
    tokens[id] = content;
    types[id] = special ? tokenTypes.control : tokenTypes.userDefined;
  }
  const merges = json.model.merges.map((merge) => (typeof merge === 'string' ? merge : merge.join(' ')));
  const id = (token: unknown) => json.added_tokens.find(({ content }) => content === token)?.id;
  const text = (key: string, value: string): Entry => ({ key, type: 'string', value });
  const number = (key: string, value: number): Entry => ({ key, type: 'uint32', value });
  return [
    text('tokenizer.ggml.model', 'gpt2'),
    text('tokenizer.ggml.pre', pre),
    { key: 'tokenizer.ggml.tokens', type: { list: 'string' }, value: tokens },
    { key: 'tokenizer.ggml.token_type', type: { list: 'int32' }, value: types },
    { key: 'tokenizer.ggml.merges', type: { list: 'string' }, value: merges },
    number('tokenizer.ggml.bos_token_id', id(begin) ?? tokenizer.endOfText),
    number('tokenizer.ggml.eos_token_id', tokenizer.endOfText),
    number('tokenizer.ggml.padding_token_id', tokenizer.endOfText),
    { key: 'tokenizer.ggml.add_bos_token', type: 'bool', value: false },
    { key: 'tokenizer.ggml.add_space_prefix', type: 'bool', value: false },
    ...(typeof template === 'string' ? [text('tokenizer.chat_template', template)] : []),
  ];
}

/** llama.cpp's name of what a tokenizer.json splits a text by. */
function preTokenizerName({ pre_tokenizer: pre, model }: TokenizerJson): string | undefined {
  const parts = pre?.type === 'Sequence' ? (pre.pretokenizers ?? []) : [pre];
  const form = (value: unknown) => comparable(value);
  const found = Object.entries(preTokenizers).find(([, known]) => {
    const { pretokenizers } = known as { pretokenizers?: unknown[] };
    return (pretokenizers ?? [known]).map(form).join() === parts.map(form).join();
  });
  if (found) return found[0];
  return model.merges.length === 0 ? 'gpt-2' : undefined; // without merges it is all the same where a text is split
}
