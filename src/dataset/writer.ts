// Writes tokens to an open file through one buffer, and hashes them on the way.
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import type { TokenType } from './span.js';

const bufferedTokens = 1 << 17;

export class TokenWriter {
  /** How many tokens were pushed. */
  length = 0;
  private readonly hash = createHash('sha256');
  private readonly buffer: Uint16Array | Uint32Array;
  private used = 0;

  /** @param file descriptor of a file that is open for writing; its owner closes it */
  constructor(
    private readonly file: number,
    type: TokenType,
  ) {
    this.buffer = type === 'uint16' ? new Uint16Array(bufferedTokens) : new Uint32Array(bufferedTokens);
  }

  push(ids: Uint32Array): void {
    for (let done = 0; done < ids.length; ) {
      const part = ids.subarray(done, done + this.buffer.length - this.used);
      this.buffer.set(part, this.used);
      this.used += part.length;
      done += part.length;
      if (this.used === this.buffer.length) this.write();
    }
    this.length += ids.length;
  }

  private write(): void {
    const bytes = new Uint8Array(this.buffer.buffer, 0, this.used * this.buffer.BYTES_PER_ELEMENT);
    this.hash.update(bytes);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    this.used = 0;
  }

  /** Writes what is left. @returns the SHA-256 of all bytes written, in hexadecimal */
  finish(): string {
    this.write();
    return this.hash.digest('hex');
  }
}
