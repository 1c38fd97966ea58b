// Documents of the validation text that are in the training text, too: the validation loss would not say what it should.
import { createHash, type Hash } from 'node:crypto';
import type { TextPiece } from '../tokenizer/types.js';

/** SHA-256 of documents as their pieces come. */
export class DocumentHasher {
  private hash: Hash | undefined;

  /** The digest of the document that this piece ends; undefined while a document continues, and for an empty one. */
  add({ text, endOfDocument }: TextPiece): string | undefined {
    if (text !== '') {
      this.hash ??= createHash('sha256');
      this.hash.update(text);
    }
    if (!endOfDocument) return undefined;
    const digest = this.hash?.digest('base64');
    this.hash = undefined;
    return digest;
  }
}

/** The digests of all documents. */
export async function documentHashes(texts: AsyncIterable<TextPiece>): Promise<Set<string>> {
  const hasher = new DocumentHasher();
  const found = new Set<string>();
  for await (const piece of texts) {
    const digest = hasher.add(piece);
    if (digest !== undefined) found.add(digest);
  }
  return found;
}
