// Writes tokens to a file through one buffer.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { TokenType } from './span.js';

const bufferedTokens = 1 << 17;

export class TokenWriter {
  /** How many tokens were pushed. */
  length = 0;
  private readonly file: number;
  private readonly buffer: Uint16Array | Uint32Array;
  private used = 0;

  constructor(path: string, type: TokenType) {
    this.file = openSync(path, 'w');
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
    for (let done = 0; done < bytes.length; ) done += writeSync(this.file, bytes, done);
    this.used = 0;
  }

  /** Writes what is left and waits until it is on the disk. */
  finish(): void {
    this.write();
    fsyncSync(this.file);
    closeSync(this.file);
  }

  /** Closes the file, whatever it holds. */
  abandon(): void {
    closeSync(this.file);
  }
}
