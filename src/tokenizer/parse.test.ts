import { readFileSync } from 'node:fs';
import { parseTokenizer } from './parse.js';

const golden = JSON.parse(readFileSync('test/goldens/tokenizer/encoding.json', 'utf8'));

interface Case {
  name: string;
  file: { model: object };
  ids: number[][];
}

function fileOf({ file }: Case, merges = golden.merges) {
  return { ...file, model: { ...file.model, vocab: golden.vocab, merges } };
}

describe('a tokenizer.json written by HF tokenizers', () => {
  test.each(golden.cases as Case[])('$name: gives the same ids', (each) => {
    const tokenizer = parseTokenizer(fileOf(each), each.name);
    expect(golden.strings.map((text: string) => [...tokenizer.encode(text)])).toEqual(each.ids);
    expect(golden.strings.map((text: string) => [...tokenizer.encode(text)])).toEqual(each.ids); // from the cache
  });

  test('merges may be strings or pairs', () => {
    const [first] = golden.cases;
    const pairs = golden.merges.map((merge: string | string[]) =>
      typeof merge === 'string' ? merge.split(' ') : merge,
    );
    const strings = pairs.map((pair: string[]) => pair.join(' '));
    for (const merges of [pairs, strings]) {
      expect([...parseTokenizer(fileOf(first, merges), 'x').encode(golden.strings[3])]).toEqual(first.ids[3]);
    }
  });
});

/** A small file; `change` spoils it. */
function small(change: (file: Loose) => void = () => {}): unknown {
  const vocab = Object.fromEntries([...'abc', 'ab', '<|end|>', 'unk'].map((token, id) => [token, id]));
  const added = {
    content: '<|end|>',
    id: 4,
    special: true,
    lstrip: false,
    rstrip: false,
    single_word: false,
    normalized: false,
  };
  const file = {
    added_tokens: [added],
    pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false },
    model: { type: 'BPE', vocab, merges: ['a b'] },
  };
  change(file);
  return file;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reaches into the file to spoil it
type Loose = any;

describe('parsing', () => {
  test.each<[string, string, (file: Loose) => void]>([
    [
      'a Unigram model',
      'tokenizer/type',
      (f) => {
        f.model.type = 'Unigram';
      },
    ],
    [
      'a WordPiece model',
      'tokenizer/type',
      (f) => {
        f.model.type = 'WordPiece';
      },
    ],
    [
      'an end_of_word_suffix',
      'tokenizer/type',
      (f) => {
        f.model.end_of_word_suffix = '</w>';
      },
    ],
    [
      'no model',
      'tokenizer/format',
      (f) => {
        f.model = null;
      },
    ],
    [
      'no vocabulary',
      'tokenizer/format',
      (f) => {
        f.model.vocab = [];
      },
    ],
    [
      'an empty vocabulary',
      'tokenizer/format',
      (f) => {
        f.model.vocab = {};
        f.model.merges = [];
        f.added_tokens = [];
      },
    ],
    [
      'a negative id',
      'tokenizer/format',
      (f) => {
        f.model.vocab.a = -1;
      },
    ],
    [
      'an enormous id',
      'tokenizer/format',
      (f) => {
        f.model.vocab.a = 1e12;
      },
    ],
    [
      'two tokens with one id',
      'tokenizer/format',
      (f) => {
        f.model.vocab.a = 1;
      },
    ],
    [
      'a merge of three',
      'tokenizer/format',
      (f) => {
        f.model.merges = ['a b c'];
      },
    ],
    [
      'a merge of numbers',
      'tokenizer/format',
      (f) => {
        f.model.merges = [[1, 2]];
      },
    ],
    [
      'a merge without its token',
      'tokenizer/format',
      (f) => {
        f.model.merges = ['b c'];
      },
    ],
    [
      'merges that are no list',
      'tokenizer/format',
      (f) => {
        f.model.merges = 'a b';
      },
    ],
    [
      'added tokens that are no list',
      'tokenizer/format',
      (f) => {
        f.added_tokens = {};
      },
    ],
    [
      'an added token without content',
      'tokenizer/format',
      (f) => {
        f.added_tokens = [{ id: 1 }];
      },
    ],
    [
      'no pre-tokenizer',
      'tokenizer/pre-tokenizer',
      (f) => {
        f.pre_tokenizer = null;
      },
    ],
    [
      'Metaspace',
      'tokenizer/pre-tokenizer',
      (f) => {
        f.pre_tokenizer = { type: 'Metaspace' };
      },
    ],
    [
      'an unknown stage',
      'tokenizer/pre-tokenizer',
      (f) => {
        f.pre_tokenizer = { type: 'Sequence', pretokenizers: [{ type: 'Bert' }, { type: 'ByteLevel' }] };
      },
    ],
    [
      'a Split without pattern',
      'tokenizer/pre-tokenizer',
      (f) => {
        f.pre_tokenizer = {
          type: 'Sequence',
          pretokenizers: [{ type: 'Split', behavior: 'Isolated' }, { type: 'ByteLevel' }],
        };
      },
    ],
    [
      'an unknown normalizer',
      'tokenizer/normalizer',
      (f) => {
        f.normalizer = { type: 'Lowercase' };
      },
    ],
  ])('%s is an error that names the file', (_, code, change) => {
    expect(() => parseTokenizer(small(change), 'some/tokenizer.json')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining('some/tokenizer.json') }),
    );
  });

  test.each([null, 3, 'text', []])('%j is no tokenizer.json', (json) => {
    expect(() => parseTokenizer(json, 'x')).toThrow(expect.objectContaining({ code: 'tokenizer/format' }));
  });

  test('a byte outside the alphabet is an error, or the unknown token', () => {
    expect(() => parseTokenizer(small(), 'x').encode('abz')).toThrow(
      expect.objectContaining({ code: 'tokenizer/alphabet' }),
    );
    const tokenizer = parseTokenizer(
      small((f) => {
        f.model.unk_token = 'unk';
      }),
      'x',
    );
    expect([...tokenizer.encode('abz')]).toEqual([3, 5]);
  });

  test('the end of a text is the token that is known for it, told by name, or a new one', () => {
    expect(parseTokenizer(small(), 'x', { endOfText: '<|end|>' }).endOfText).toBe(4);
    const made = parseTokenizer(small(), 'x');
    expect([made.endOfText, made.vocabSize, made.modelVocabSize]).toEqual([6, 7, 6]);
    const listed = parseTokenizer(
      small((f) => {
        f.added_tokens[0].content = '</s>';
      }),
      'x',
    );
    expect([listed.endOfText, listed.modelVocabSize]).toEqual([4, 6]);
    const stock = parseTokenizer(
      small((f) => {
        f.model.vocab['<|endoftext|>'] = 6;
      }),
      'x',
    ); // as GPT-2's vocab.json
    expect([stock.endOfText, stock.vocabSize, stock.modelVocabSize]).toEqual([6, 7, 7]);
    expect([...stock.encode('<|endoftext|>', { special: true })]).toEqual([6]);
  });

  test('a merge listed twice has its last rank', () => {
    const tokenizer = parseTokenizer(
      small((f) => {
        Object.assign(f.model.vocab, { bc: 6 });
        f.model.merges = ['a b', 'b c', 'a b'];
      }),
      'x',
    );
    expect([...tokenizer.encode('abc')]).toEqual([0, 6]);
  });

  test('an id that the vocabulary leaves out decodes to nothing', () => {
    const tokenizer = parseTokenizer(
      small((f) => {
        f.model.vocab.zz = 9;
      }),
      'x',
    );
    expect(tokenizer.decode([8])).toBe('');
    expect(tokenizer.bytesOf(8)).toHaveLength(0);
    expect(tokenizer.decode([9])).toBe('zz');
  });
});

test('a token named __proto__ is a token like any other', () => {
  const { vocab, cases } = golden;
  const file = JSON.parse(
    JSON.stringify(fileOf(cases[0])).replace('"vocab":{', `"vocab":{"__proto__":${Object.keys(vocab).length},`),
  );
  const tokenizer = parseTokenizer(file, 'x');
  expect(tokenizer.decode([tokenizer.vocabSize - 1])).toBe('__proto__');
});
