// What every tokenizer can do, whichever kind it is.

export interface EncodeOptions {
  /** Parse special tokens such as <|endoftext|> out of the text. Off by default: a person's text is only text. */
  readonly special?: boolean;
  /**
   * The end of the text right before this one, where a longer text is encoded piece by piece (one character is enough).
   * Only tokenizers with `add_prefix_space` look at it: they add a space where a text begins, not where a piece does.
   */
  readonly before?: string;
}

export interface Tokenizer {
  readonly kind: 'char' | 'byte' | 'bpe';
  /** How many ids there are. */
  readonly vocabSize: number;
  /**
   * How many rows a model trained with this tokenizer needs: ids from here on occur in no text (the end of text of a
   * `char` tokenizer that saw one document), so a model may leave them out. Equal to vocabSize for `byte` and `bpe`.
   */
  readonly modelVocabSize: number;
  /** The id of <|endoftext|>: separates documents, begins and ends a text. */
  readonly endOfText: number;
  /** The id of characters that the training text did not hold; undefined where every text has ids of its own. */
  readonly unknown?: number | undefined;
  encode(text: string, options?: EncodeOptions): Uint32Array;
  /** Special tokens are skipped unless asked for; bytes that are no UTF-8 become U+FFFD. */
  decode(ids: Iterable<number>, options?: { special?: boolean }): string;
  /** Decodes token by token; holds back bytes until they make whole characters. */
  decoder(): StreamDecoder;
  /** The UTF-8 bytes a token stands for (none for a special token). */
  bytesOf(id: number): Uint8Array;
  /** The content of Hugging Face's tokenizer.json. */
  toJSON(): unknown;
}

export interface StreamDecoder {
  /** The text that is complete now; '' while a character is still open. */
  push(id: number): string;
  /** What is left, broken bytes as U+FFFD. */
  flush(): string;
}

/** A stretch of a text on its way to a tokenizer, of any length; documents may span several pieces. */
export interface TextPiece {
  readonly text: string;
  /** Whether a document ends after this piece. */
  readonly endOfDocument: boolean;
}
