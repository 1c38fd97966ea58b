// Encodes documents that arrive in pieces, with the same ids as the whole, and measures what the tokenizer does not know.
import type { Tokenizer } from '../tokenizer/types.js';

/** Unknown tokens in a text, and the UTF-8 bytes of the characters that they stand for. */
export interface UnknownText {
  readonly tokens: number;
  readonly bytes: number;
}

export class PieceEncoder {
  private before = '';
  private tokens = 0;
  private bytes = 0;

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly write: (ids: Uint32Array) => void,
  ) {}

  get unknown(): UnknownText {
    return { tokens: this.tokens, bytes: this.bytes };
  }

  /** @param piece of the open document, cut at a safe place (see PieceCutter) */
  push(piece: string): void {
    if (piece === '') return;
    const ids = this.tokenizer.encode(piece, { before: this.before });
    if (this.tokenizer.unknown !== undefined) this.measure(piece, ids, this.tokenizer.unknown);
    this.write(ids);
    this.before = piece.slice(-2); // a character may be two units
  }

  endDocument(): void {
    this.before = '';
  }

  private measure(piece: string, ids: Uint32Array, unknown: number): void {
    for (const id of ids) if (id === unknown) this.tokens++;
    this.bytes += unknownBytes(this.tokenizer, piece, ids);
  }
}

/** The UTF-8 bytes of a text that its unknown tokens stand for. */
export function unknownBytes(tokenizer: Tokenizer, text: string, ids: Uint32Array): number {
  if (tokenizer.unknown === undefined || !ids.includes(tokenizer.unknown)) return 0;
  let known = 0;
  for (const id of ids) known += tokenizer.bytesOf(id).length;
  return Buffer.byteLength(text) - known;
}

/** The UTF-8 bytes of the text of each id; of the unknown token, the mean over the unknown characters of the text. */
export function tokenBytes(tokenizer: Tokenizer, unknown?: UnknownText): Float64Array {
  const lengths = Float64Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.bytesOf(id).length);
  if (tokenizer.unknown !== undefined && unknown && unknown.tokens > 0)
    lengths[tokenizer.unknown] = unknown.bytes / unknown.tokens;
  return lengths;
}
