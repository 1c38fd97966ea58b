// The parts that all our tokenizer.json files share, as Python's tokenizers library writes them.

export const endOfTextToken = '<|endoftext|>';
/** Stands for a character that a character tokenizer does not know. */
export const unknownToken = '<|unk|>';

/** The entry of a special token among the added tokens. */
export function addedTokenJson(id: number, content = endOfTextToken): Record<string, unknown> {
  const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  return { id, content, ...flags };
}

export interface JsonParts {
  readonly added: unknown[];
  readonly preTokenizer: unknown;
  readonly decoder: unknown;
  readonly vocab: Iterable<readonly [string, number]>;
  readonly merges: string[];
  readonly byteFallback: boolean;
  /** What stands for a character outside the vocabulary. */
  readonly unknown?: string;
  /** Keys of our own: the Python library ignores unknown ones in the model, and fails at the top level. */
  readonly extra?: Record<string, unknown>;
}

export function tokenizerJson({
  added,
  preTokenizer,
  decoder,
  vocab,
  merges,
  byteFallback,
  unknown,
  extra = {},
}: JsonParts): unknown {
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added,
    normalizer: null,
    pre_tokenizer: preTokenizer,
    post_processor: null,
    decoder,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unknown ?? null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: byteFallback,
      ignore_merges: false,
      ...extra,
      vocab: Object.fromEntries(vocab),
      merges,
    },
  };
}

/** ByteLevel as pre-tokenizer or decoder. */
export function byteLevelJson(useRegex: boolean): unknown {
  return { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: useRegex };
}
