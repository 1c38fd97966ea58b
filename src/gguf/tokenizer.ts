// The tokenizer in a GGUF file's metadata as a tokenizer.json, and back. llama.cpp knows pre-tokenizers by name only.
import { GptError } from '../errors.js';
import { addedTokenJson, byteLevelJson, tokenizerJson } from '../tokenizer/hf-json.js';
import type { Metadata } from './metadata.js';

const split = (regex: string) => ({ type: 'Split', pattern: { Regex: regex }, behavior: 'Isolated', invert: false });
const words = (digits: string) =>
  `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${digits}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`;
const sequence = (...pretokenizers: unknown[]) => ({ type: 'Sequence', pretokenizers });

/** What llama.cpp splits a text by, under its name for it. */
export const preTokenizers: Readonly<Record<string, unknown>> = {
  'gpt-2': byteLevelJson(true),
  smollm: sequence({ type: 'Digits', individual_digits: true }, byteLevelJson(true)),
  'llama-bpe': sequence(split(words('\\p{N}{1,3}')), byteLevelJson(false)),
  qwen2: sequence(split(words('\\p{N}')), byteLevelJson(false)),
};

/** `tokenizer.ggml.token_type` */
export const tokenTypes = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

export interface GgufTokenizer {
  /** The content of tokenizer.json. */
  readonly json: unknown;
  readonly beginOfText: string | undefined;
  readonly endOfText: string | undefined;
  readonly chatTemplate: string | undefined;
}

/** @throws GptError `gguf/tokenizer` for one that is not byte-level BPE, or whose pre-tokenizer is not known */
export function readTokenizer(metadata: Metadata): GgufTokenizer {
  const model = metadata.string('tokenizer.ggml.model');
  const wrong = (what: string, hint: string) => new GptError('gguf/tokenizer', `${metadata.source}: ${what}`, { hint });
  if (model !== 'gpt2') {
    throw wrong(
      model === undefined ? 'it has no tokenizer' : `its tokenizer is "${model}"`,
      'byte-level BPE ("gpt2") can be read; SentencePiece ("llama") and others cannot',
    );
  }
  const pre = metadata.string('tokenizer.ggml.pre') ?? 'gpt-2';
  if (!Object.hasOwn(preTokenizers, pre))
    throw wrong(`its pre-tokenizer is "${pre}"`, `these are known: ${Object.keys(preTokenizers).join(', ')}`);
  const tokens = metadata.strings('tokenizer.ggml.tokens');
  const types = metadata.has('tokenizer.ggml.token_type') ? metadata.numbers('tokenizer.ggml.token_type') : [];
  const special = (id: number) => types[id] === tokenTypes.control || types[id] === tokenTypes.unknown;
  const added = tokens.flatMap((content, id) => {
    if (!special(id) && types[id] !== tokenTypes.userDefined) return [];
    return [{ ...addedTokenJson(id, content), special: special(id) }];
  });
  const named = (key: string) => (metadata.has(key) ? tokens[metadata.number(key)] : undefined);
  return {
    json: tokenizerJson({
      added,
      preTokenizer: preTokenizers[pre],
      decoder: byteLevelJson(true),
      vocab: tokens.map((token, id) => [token, id] as const),
      merges: [...metadata.strings('tokenizer.ggml.merges')],
      byteFallback: false,
    }),
    beginOfText: named('tokenizer.ggml.bos_token_id'),
    endOfText: named('tokenizer.ggml.eos_token_id'),
    chatTemplate: metadata.string('tokenizer.chat_template'),
  };
}
