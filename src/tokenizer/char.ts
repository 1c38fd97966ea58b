// The character tokenizer: a token for each character (code point) of the training text, and one, <|unk|>, for any
// other. Files of earlier versions have 256 byte tokens instead of <|unk|>: they are read, and encode as they did.
import { type AddedToken, AddedTokens, specialAddedToken } from './added-tokens.js';
import { addedTokenJson, endOfTextToken, tokenizerJson, unknownToken } from './hf-json.js';
import { IdBuffer } from './id-buffer.js';
import { type TokenEntry, TokenTable } from './token-table.js';
import type { EncodeOptions, StreamDecoder, Tokenizer } from './types.js';

/** The key, in the file's model, that says whether <|endoftext|> stood between documents of the training text. */
export const severalDocumentsKey = 'several_documents';
const replacement = 0xfffd;
const encoder = new TextEncoder();

export interface CharParts {
  /** Code point -> id. */
  readonly chars: ReadonlyMap<number, number>;
  /** What any other character becomes: one token, or the 256 tokens of its UTF-8 bytes. */
  readonly fallback: { readonly unknown: number } | { readonly byteIds: Int32Array };
  readonly endOfText: number;
  readonly modelVocabSize: number;
  /** Special tokens besides <|endoftext|> and <|unk|>. */
  readonly extra?: readonly AddedToken[];
  readonly json: unknown;
}

/** The name of a fallback token, as sentencepiece and HF have it: <0x0A>. */
export function byteName(byte: number): string {
  return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}

export class CharTokenizer implements Tokenizer {
  readonly kind = 'char';
  readonly vocabSize: number;
  readonly modelVocabSize: number;
  readonly endOfText: number;
  readonly unknown: number | undefined;
  private readonly table: TokenTable;
  private readonly added: AddedTokens;
  /** The id of each code point, -1 for those that fall back to bytes. */
  private readonly ids: Int32Array;

  constructor(private readonly parts: CharParts) {
    const { chars, fallback, endOfText, extra = [] } = parts;
    const entries: TokenEntry[] = [];
    const codePoints = [...chars.keys()];
    this.ids = new Int32Array(codePoints.reduce((most, code) => Math.max(most, code), replacement) + 1).fill(-1);
    for (const [code, id] of chars) {
      this.ids[code] = id;
      entries[id] = { bytes: encoder.encode(String.fromCodePoint(code)), special: false };
    }
    const special = [specialAddedToken(endOfText, endOfTextToken), ...extra];
    if ('unknown' in fallback) {
      this.unknown = fallback.unknown;
      special.push(specialAddedToken(fallback.unknown, unknownToken));
    } else {
      this.unknown = undefined;
      for (const [byte, id] of fallback.byteIds.entries()) entries[id] = { bytes: Uint8Array.of(byte), special: false };
    }
    for (const { id, content } of special) entries[id] = { bytes: encoder.encode(content), special: true };
    this.table = new TokenTable(entries);
    this.added = new AddedTokens(special);
    this.vocabSize = this.table.size;
    this.modelVocabSize = parts.modelVocabSize;
    this.endOfText = endOfText;
  }

  encode(text: string, options: EncodeOptions = {}): Uint32Array {
    const out = new IdBuffer(text.length);
    this.added.split(text, options.special === true, {
      text: (stretch) => this.encodeChars(stretch, out),
      token: (id) => out.push(id),
    });
    return out.take();
  }

  decode(ids: Iterable<number>, options: { special?: boolean } = {}): string {
    return this.table.decode(ids, options.special);
  }

  decoder(): StreamDecoder {
    return this.table.decoder();
  }

  bytesOf(id: number): Uint8Array {
    return this.table.bytesOf(id);
  }

  toJSON(): unknown {
    return this.parts.json;
  }

  private encodeChars(text: string, out: IdBuffer): void {
    const { fallback } = this.parts;
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i);
      if (code >= 0xd800 && code < 0xe000) {
        code = text.codePointAt(i)!;
        if (code >= 0x10000) i++;
        else code = replacement; // a lone surrogate
      }
      const id = code < this.ids.length ? this.ids[code]! : -1;
      if (id >= 0) out.push(id);
      else if ('unknown' in fallback) out.push(fallback.unknown);
      else for (const byte of encoder.encode(String.fromCodePoint(code))) out.push(fallback.byteIds[byte]!);
    }
  }
}

/**
 * @param codePoints the characters of the training text, in ascending order: their ids are 0..n-1
 * @param severalDocuments whether <|endoftext|> stands between documents of the training text
 */
export function makeCharTokenizer(codePoints: readonly number[], severalDocuments: boolean): CharTokenizer {
  const unknown = codePoints.length;
  const endOfText = unknown + 1;
  const vocab: [string, number][] = codePoints.map((code, id) => [String.fromCodePoint(code), id]);
  vocab.push([unknownToken, unknown], [endOfTextToken, endOfText]);
  const json = tokenizerJson({
    added: [addedTokenJson(unknown, unknownToken), addedTokenJson(endOfText)],
    preTokenizer: null,
    decoder: { type: 'Fuse' },
    vocab,
    merges: [],
    byteFallback: false,
    unknown: unknownToken,
    extra: { [severalDocumentsKey]: severalDocuments },
  });
  const chars = new Map(codePoints.map((code, id) => [code, id]));
  const modelVocabSize = endOfText + (severalDocuments ? 1 : 0);
  return new CharTokenizer({ chars, fallback: { unknown }, endOfText, modelVocabSize, json });
}
