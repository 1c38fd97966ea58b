// The checked content of a tokenizer.json, before anyone decides what kind of tokenizer it is.
import { GptError } from '../errors.js';
import type { AddedToken } from './added-tokens.js';

type Json = Record<string, unknown>;

export interface TokenizerFile {
  readonly name: string;
  readonly json: unknown;
  readonly model: Readonly<Json>;
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  readonly added: readonly AddedToken[];
  /** All ids of the vocabulary and the added tokens. */
  readonly known: ReadonlySet<number>;
  readonly lastId: number;
  readonly preTokenizer: unknown;
  readonly normalize: ((text: string) => string) | undefined;
  readonly byteFallback: boolean;
  readonly ignoreMerges: boolean;
  readonly unknownToken: string | undefined;
  /** A `tokenizer/format` error about this file. */
  error(what: string): GptError;
}

const mostIds = 2 ** 24;

export function readFile(json: unknown, name: string): TokenizerFile {
  const error = (what: string) => new GptError('tokenizer/format', `${name} is no usable tokenizer.json: ${what}`);
  if (!isObject(json)) throw error('it is not a JSON object');
  const model = json['model'];
  if (!isObject(model)) throw error('it has no "model"');
  checkType(model, name);
  const vocab = readVocab(model['vocab'], error);
  const added = readAdded(json['added_tokens'] ?? [], error);
  const known = new Set([...vocab.values(), ...added.map(({ id }) => id)]);
  if (new Set(vocab.values()).size !== vocab.size) throw error('two tokens of its vocabulary have the same id');
  if (known.size === 0) throw error('its vocabulary is empty');
  let lastId = 0;
  for (const id of known) lastId = Math.max(lastId, id);
  return {
    name,
    json,
    model,
    vocab,
    merges: readMergeList(model['merges'] ?? [], error),
    added,
    known,
    lastId,
    preTokenizer: json['pre_tokenizer'] ?? null,
    normalize: makeNormalizer(json['normalizer'], name),
    byteFallback: model['byte_fallback'] === true,
    ignoreMerges: model['ignore_merges'] === true,
    unknownToken: typeof model['unk_token'] === 'string' ? model['unk_token'] : undefined,
    error,
  };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkType(model: Json, name: string): void {
  const type = model['type'] ?? (model['merges'] ? 'BPE' : undefined); // old files leave it out
  if (type !== 'BPE') {
    throw new GptError('tokenizer/type', `${name} holds a ${JSON.stringify(type ?? null)} tokenizer`, {
      hint: 'only byte-level BPE and the char and byte tokenizers of gpt-cli are supported',
    });
  }
  for (const key of ['continuing_subword_prefix', 'end_of_word_suffix']) {
    if (model[key])
      throw new GptError(
        'tokenizer/type',
        `${name} uses ${key} (${JSON.stringify(model[key])}), which byte-level BPE has not`,
      );
  }
}

type MakeError = (what: string) => GptError;

function checkId(id: unknown, token: string, error: MakeError): number {
  if (typeof id === 'number' && Number.isInteger(id) && id >= 0 && id < mostIds) return id;
  throw error(`the id of ${JSON.stringify(token)} is ${JSON.stringify(id)}`);
}

function readVocab(json: unknown, error: MakeError): Map<string, number> {
  if (!isObject(json)) throw error('its model has no "vocab"');
  const vocab = new Map<string, number>();
  for (const [token, id] of Object.entries(json)) vocab.set(token, checkId(id, token, error));
  return vocab;
}

function readMergeList(json: unknown, error: MakeError): [string, string][] {
  if (!Array.isArray(json)) throw error('its "merges" are not a list');
  return json.map((merge, rank) => {
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge;
    if (!Array.isArray(parts) || parts.length !== 2 || parts.some((part) => typeof part !== 'string' || part === '')) {
      throw error(`merge ${rank} is ${JSON.stringify(merge)}, not a pair of tokens`);
    }
    return [parts[0], parts[1]];
  });
}

function readAdded(json: unknown, error: MakeError): AddedToken[] {
  if (!Array.isArray(json)) throw error('its "added_tokens" are not a list');
  return json.map((entry: unknown, i) => {
    if (!isObject(entry) || typeof entry['content'] !== 'string') throw error(`added token ${i} has no "content"`);
    const content = entry['content'];
    return {
      id: checkId(entry['id'], content, error),
      content,
      special: entry['special'] === true,
      lstrip: entry['lstrip'] === true,
      rstrip: entry['rstrip'] === true,
      singleWord: entry['single_word'] === true,
      normalized: entry['normalized'] === true,
    };
  });
}

function makeNormalizer(json: unknown, name: string): ((text: string) => string) | undefined {
  if (json === null || json === undefined) return undefined;
  const type = isObject(json) ? json['type'] : json;
  if (type === 'NFC' || type === 'NFD' || type === 'NFKC' || type === 'NFKD') return (text) => text.normalize(type);
  if (type === 'Sequence') {
    const parts =
      ((json as Json)['normalizers'] as unknown[] | undefined)?.map((part) => makeNormalizer(part, name)) ?? [];
    return parts.length === 0 ? undefined : (text) => parts.reduce((result, part) => part?.(result) ?? result, text);
  }
  throw new GptError('tokenizer/normalizer', `${name}: the normalizer ${JSON.stringify(type)} is not supported`, {
    hint: 'NFC, NFD, NFKC, NFKD and a Sequence of them are',
  });
}
