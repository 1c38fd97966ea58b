import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { byteTokenizer } from './byte.js';
import { byteToChar } from './byte-alphabet.js';
import { loadTokenizer } from './load.js';
import { tokenizerConfig } from './tokenizer-config.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tokenizer-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: unknown): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('loading a tokenizer', () => {
  test('from a file, its folder, and a run folder', async () => {
    const file = write('last/tokenizer.json', byteTokenizer().toJSON());
    for (const path of [file, join(folder, 'last'), folder]) expect((await loadTokenizer(path)).kind).toBe('byte');
  });

  test('a SentencePiece model is named as what it is, unless a tokenizer.json is there', async () => {
    const model = write('tokenizer.model', '\n\x0e\n\x05<unk>');
    for (const path of [folder, model])
      await expect(loadTokenizer(path)).rejects.toThrow(
        `${model} is a SentencePiece tokenizer, which is not supported`,
      );
    write('tokenizer.json', byteTokenizer().toJSON());
    expect((await loadTokenizer(folder)).kind).toBe('byte');
  });

  test('from vocab.json and merges.txt, whose first line only is a comment', async () => {
    const tokens = [...byteToChar, '##', 'he', 'Ġhe', '<|endoftext|>'];
    const vocab = write('vocab.json', Object.fromEntries(tokens.map((token, id) => [token, id])));
    write('merges.txt', '#version: 0.2\n# #\nh e\nĠ he\n');
    for (const path of [folder, vocab]) {
      const tokenizer = await loadTokenizer(path);
      expect([...tokenizer.encode('he he##')]).toEqual([257, 258, 256]);
      expect(tokenizer.endOfText).toBe(259);
      expect(tokenizer.modelVocabSize).toBe(260);
      expect([...tokenizer.encode('<|endoftext|>', { special: true })]).toEqual([259]);
    }
  });

  test("added tokens and eos_token beside vocab.json give transformers' ids", async () => {
    const tokens = [...byteToChar, 'he', 'Ġhe', '<|endoftext|>'];
    write('vocab.json', Object.fromEntries(tokens.map((token, id) => [token, id])));
    write('merges.txt', '#version: 0.2\nh e\nĠ he\n');
    write('added_tokens.json', { '<tool>': 259, '<sep>': 260 });
    write('tokenizer_config.json', { eos_token: '<sep>', bos_token: '<|endoftext|>', add_prefix_space: true });
    const tokenizer = await loadTokenizer(folder);
    expect([tokenizer.endOfText, tokenizer.vocabSize, tokenizer.modelVocabSize]).toEqual([260, 261, 261]);
    // GPT2Tokenizer of transformers 5.2 on these files; byteToChar puts the bytes in another order, so spaces differ
    const space = byteToChar.indexOf('Ġ');
    expect([...tokenizer.encode('he <tool> he<sep>he', { special: true })]).toEqual([257, space, 259, 257, 260, 257]);
    expect([...tokenizer.encode('he<|endoftext|>he', { special: true })]).toEqual([257, 258, 257]);
    expect(tokenizer.encode('<sep>')).not.toContain(260);
    expect([...tokenizer.encode('<tool>')]).toEqual([259]);
    write('added_tokens.json', [1]);
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer/format' });
  });

  test('added_tokens_decoder beside vocab.json gives the flags of added tokens', async () => {
    const tokens = [...byteToChar, '<|endoftext|>'];
    write('vocab.json', Object.fromEntries(tokens.map((token, id) => [token, id])));
    write('merges.txt', '');
    write('tokenizer_config.json', {
      added_tokens_decoder: { 257: { content: '<mask>', lstrip: true, normalized: false, special: false } },
    });
    write('special_tokens_map.json', { eos_token: { content: '<mask>' } });
    const tokenizer = await loadTokenizer(folder);
    expect(tokenizer.endOfText).toBe(257);
    expect([...tokenizer.encode('  <mask>')]).toEqual([257]);
  });

  test('tokenizer_config.json says what ends a text', async () => {
    const json = byteTokenizer().toJSON() as {
      added_tokens: { id: number; content: string }[];
      model: { vocab: Record<string, number> };
    };
    json.added_tokens.push({ ...json.added_tokens[0]!, id: 257, content: '<|stop|>' });
    write('tokenizer.json', json);
    write('tokenizer_config.json', { eos_token: { content: '<|stop|>' } });
    expect((await loadTokenizer(folder)).endOfText).toBe(257);
    write('tokenizer_config.json', { eos_token: '<|stop|>' });
    expect((await loadTokenizer(folder)).endOfText).toBe(257);
    write('tokenizer_config.json', { eos_token: null });
    expect((await loadTokenizer(folder)).endOfText).toBe(256);
  });

  test('what is not there, or broken, is an error with the path', async () => {
    const missing = join(folder, 'nowhere');
    await expect(loadTokenizer(missing)).rejects.toMatchObject({
      code: 'tokenizer/missing',
      message: expect.stringContaining(missing),
    });
    await expect(loadTokenizer(folder)).rejects.toMatchObject({
      code: 'tokenizer/missing',
      message: expect.stringContaining(folder),
    });
    const broken = write('tokenizer.json', '{"model":');
    await expect(loadTokenizer(broken)).rejects.toMatchObject({
      code: 'tokenizer/format',
      message: expect.stringContaining(broken),
    });
    write('tokenizer.json', {});
    await expect(loadTokenizer(folder)).rejects.toMatchObject({ code: 'tokenizer/format' });
  });

  test('tokenizer_config.json names the tokens and the context', () => {
    expect(tokenizerConfig(byteTokenizer(), 64)).toMatchObject({
      model_max_length: 64,
      eos_token: '<|endoftext|>',
      tokenizer_class: 'PreTrainedTokenizerFast',
    });
  });
});
