// Random input for the training bench: 65 characters, or a byte-level BPE of any size.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sequence } from '../../scripts/data/random.js';

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ .,;:!?-\'"\n&3';

/**
 * Writes a text with `vocabulary` different tokens for us and token ids for the peer. Speed does not depend on which ids
 * they are. Returns the paths of both and the tokenizer: a kind or a path.
 */
export function writeTrainingData({ folder, vocabulary, text: given }) {
  const text = join(folder, 'text.txt');
  const tokens = join(folder, 'tokens.bin');
  const uniform = sequence(7);
  const count = 400_000;
  const ids = Uint16Array.from({ length: count }, () => Math.floor(uniform() * vocabulary));
  writeFileSync(tokens, ids);
  if (vocabulary === 65) {
    if (given === undefined) writeFileSync(text, Array.from(ids, (id) => letters[id]).join(''));
    const path = given ?? text;
    const characters = [...new Set(readFileSync(path, 'utf8'))].sort();
    const tokenizer = join(folder, 'tokenizer.json');
    writeFileSync(tokenizer, JSON.stringify(characterTokenizer(characters)));
    return { text: path, tokens, tokenizer };
  }
  const { json, written } = pairTokenizer(vocabulary);
  const tokenizer = join(folder, 'tokenizer.json');
  writeFileSync(tokenizer, JSON.stringify(json));
  writeFileSync(text, Array.from(ids, (id) => written[id % written.length]).join(' '));
  return { text, tokens, tokenizer };
}

/**
 * Characters without a token for unknown ones, as nanoGPT has them: the reference model has a row for each character and
 * no other. It is the form that gpt-cli wrote before it had `<|unk|>`.
 */
function characterTokenizer(characters) {
  const end = '<|endoftext|>';
  const bytes = range(0, 255).map((byte) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
  const tokens = [...characters, end, ...bytes];
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return {
    version: '1.0',
    added_tokens: [{ id: characters.length, content: end, ...special }],
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    model: {
      type: 'BPE',
      byte_fallback: true,
      several_documents: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: [],
    },
  };
}

/** A byte-level BPE of a given size: all bytes, then pairs of small letters, then pairs of those pairs. */
function pairTokenizer(size) {
  const printable = [...range(33, 126), ...range(161, 172), ...range(174, 255)];
  const alphabet = printable.map((code) => String.fromCharCode(code));
  for (let extra = 0; alphabet.length < 256; extra++) alphabet.push(String.fromCharCode(256 + extra));
  const tokens = [...alphabet];
  const merges = [];
  const small = letters.slice(0, 26);
  for (const a of small) for (const b of small) merges.push([a, b]);
  const pairs = merges.map(([a, b]) => a + b);
  for (const a of pairs) for (const b of pairs) if (merges.length < size - 257) merges.push([a, b]);
  for (const [a, b] of merges) tokens.push(a + b);
  tokens.push('<|endoftext|>');
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const json = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [{ id: tokens.length - 1, content: '<|endoftext|>', ...special }],
    normalizer: null,
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      merges: merges.map((pair) => pair.join(' ')),
    },
  };
  return { json, written: merges.map(([a, b]) => a + b) };
}

const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
