// The bytes of every token, and what all kinds of tokenizers do with them: decoding, whole or token by token.
// Knows nothing of how a text becomes ids.
import { GptError } from '../errors.js';
import type { StreamDecoder } from './types.js';

export interface TokenEntry {
  readonly bytes: Uint8Array;
  readonly special: boolean;
}

const nothing = new Uint8Array(0);

export class TokenTable {
  readonly size: number;
  private readonly data: Uint8Array;
  private readonly starts: Uint32Array;
  private readonly isSpecial: Uint8Array;

  /** @param entries the token of each id; undefined where a vocabulary leaves an id out: it decodes to nothing */
  constructor(entries: readonly (TokenEntry | undefined)[]) {
    this.size = entries.length;
    this.starts = new Uint32Array(entries.length + 1);
    this.isSpecial = new Uint8Array(entries.length);
    for (let id = 0; id < entries.length; id++) {
      const entry = entries[id];
      this.starts[id + 1] = this.starts[id]! + (entry?.bytes.length ?? 0);
      if (entry?.special) this.isSpecial[id] = 1;
    }
    this.data = new Uint8Array(this.starts[entries.length]!);
    for (let id = 0; id < entries.length; id++) if (entries[id]) this.data.set(entries[id]!.bytes, this.starts[id]!);
  }

  /** A copy of the bytes of a token's text; empty for a special token. Throws `tokenizer/id`. */
  bytesOf(id: number): Uint8Array {
    return this.view(id, false).slice();
  }

  /** Bytes that are no UTF-8 become U+FFFD, one for each maximal part, as the WHATWG encoding standard has it. */
  decode(ids: Iterable<number>, special = false): string {
    const parts: Uint8Array[] = [];
    let length = 0;
    for (const id of ids) {
      const bytes = this.view(id, special);
      parts.push(bytes);
      length += bytes.length;
    }
    const all = new Uint8Array(length);
    let at = 0;
    for (const bytes of parts) {
      all.set(bytes, at);
      at += bytes.length;
    }
    return textDecoder().decode(all);
  }

  decoder(): StreamDecoder {
    let state = textDecoder();
    return {
      push: (id) => state.decode(this.view(id, false), { stream: true }),
      flush: () => {
        const rest = state.decode();
        state = textDecoder();
        return rest;
      },
    };
  }

  private view(id: number, special: boolean): Uint8Array {
    const isSpecial = this.isSpecial[id]; // undefined for what is no index: negative, fractional, too large, NaN
    if (isSpecial === undefined) {
      throw new GptError('tokenizer/id', `no token has the id ${id}`, { hint: `ids go from 0 to ${this.size - 1}` });
    }
    return isSpecial && !special ? nothing : this.data.subarray(this.starts[id]!, this.starts[id + 1]!);
  }
}

/** A byte order mark is text here: what was encoded comes back. */
function textDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
