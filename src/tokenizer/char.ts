// The character tokenizer: a token for each character (code point) of the training text, its UTF-8 bytes for any
// other, so that nothing a person types can fail.
import { type AddedToken, AddedTokens } from './added-tokens.js';
import { addedTokenJson, endOfTextToken, tokenizerJson } from './hf-json.js';
import { IdBuffer } from './id-buffer.js';
import { type TokenEntry, TokenTable } from './token-table.js';
import type { EncodeOptions, StreamDecoder, Tokenizer } from './types.js';

/** The key, in the file's model, that says whether <|endoftext|> stood between documents of the training text. */
export const severalDocumentsKey = 'several_documents';
const replacement = 0xfffd;

export interface CharParts {
  /** Code point -> id. */
  readonly chars: ReadonlyMap<number, number>;
  /** The ids of the 256 fallback tokens. */
  readonly byteIds: Int32Array;
  readonly endOfText: number;
  readonly modelVocabSize: number;
  /** Special tokens besides <|endoftext|>. */
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
  private readonly table: TokenTable;
  private readonly added: AddedTokens;
  /** The id of each code point, -1 for those that fall back to bytes. */
  private readonly ids: Int32Array;

  constructor(private readonly parts: CharParts) {
    const { chars, byteIds, endOfText, extra = [] } = parts;
    const entries: TokenEntry[] = [];
    const encoder = new TextEncoder();
    const codePoints = [...chars.keys()];
    this.ids = new Int32Array(codePoints.reduce((most, code) => Math.max(most, code), replacement) + 1).fill(-1);
    for (const [code, id] of chars) {
      this.ids[code] = id;
      entries[id] = { bytes: encoder.encode(String.fromCodePoint(code)), special: false };
    }
    for (let byte = 0; byte < 256; byte++) entries[byteIds[byte]!] = { bytes: Uint8Array.of(byte), special: false };
    entries[endOfText] = { bytes: encoder.encode(endOfTextToken), special: true };
    for (const { id, content } of extra) entries[id] = { bytes: encoder.encode(content), special: true };
    this.table = new TokenTable(entries);
    const flags = { special: true, lstrip: false, rstrip: false, singleWord: false };
    this.added = new AddedTokens([{ id: endOfText, content: endOfTextToken, ...flags }, ...extra]);
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
    for (let i = 0; i < text.length; i++) {
      let code = text.charCodeAt(i);
      if (code >= 0xd800 && code < 0xe000) {
        code = text.codePointAt(i)!;
        if (code >= 0x10000) i++;
        else code = replacement; // a lone surrogate
      }
      const id = code < this.ids.length ? this.ids[code]! : -1;
      if (id >= 0) out.push(id);
      else for (const byte of Buffer.from(String.fromCodePoint(code))) out.push(this.parts.byteIds[byte]!);
    }
  }
}

/**
 * @param codePoints the characters of the training text, in ascending order: their ids are 0..n-1
 * @param severalDocuments whether <|endoftext|> stands between documents of the training text
 */
export function makeCharTokenizer(codePoints: readonly number[], severalDocuments: boolean): CharTokenizer {
  const endOfText = codePoints.length;
  const byteIds = Int32Array.from({ length: 256 }, (_, byte) => endOfText + 1 + byte);
  const vocab: [string, number][] = codePoints.map((code, id) => [String.fromCodePoint(code), id]);
  vocab.push([endOfTextToken, endOfText]);
  for (let byte = 0; byte < 256; byte++) vocab.push([byteName(byte), byteIds[byte]!]);
  const json = tokenizerJson({
    added: [addedTokenJson(endOfText)],
    preTokenizer: null,
    decoder: { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] },
    vocab,
    merges: [],
    byteFallback: true,
    extra: { [severalDocumentsKey]: severalDocuments },
  });
  const chars = new Map(codePoints.map((code, id) => [code, id]));
  return new CharTokenizer({ chars, byteIds, endOfText, modelVocabSize: endOfText + (severalDocuments ? 1 : 0), json });
}
