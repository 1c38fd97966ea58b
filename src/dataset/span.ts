// A stretch of tokens that is read by position: from a file, so that memory stays flat, or from an array.
import { readSync } from 'node:fs';
import { GptError } from '../errors.js';

export interface TokenSpan {
  /** What it is called in errors: `training`, `validation`. */
  readonly name: string;
  readonly length: number;
  /**
   * The tokens [start, start + count), in a new array.
   * @throws RangeError outside of the span
   */
  read(start: number, count: number): Int32Array;
}

export type TokenType = 'uint16' | 'uint32';

export const bytesPerToken = { uint16: 2, uint32: 4 } as const;

/** The smallest type that holds every id of a vocabulary. */
export function tokenTypeFor(vocabSize: number): TokenType {
  return vocabSize <= 65536 ? 'uint16' : 'uint32';
}

function checkRange(span: TokenSpan, start: number, count: number): void {
  if (!(start >= 0 && count >= 0 && start + count <= span.length)) {
    throw new RangeError(`tokens ${start} to ${start + count} of a span of ${span.length}`);
  }
}

/** A span over an array in memory. */
export function spanOf(ids: ArrayLike<number>, name = 'training'): TokenSpan {
  const tokens = Int32Array.from(ids);
  return {
    name,
    length: tokens.length,
    read(start, count) {
      checkRange(this, start, count);
      return tokens.slice(start, start + count);
    },
  };
}

/** A span over a part of an open token file. Reads through one small buffer; the system's page cache does the rest. */
export class FileSpan implements TokenSpan {
  private buffer = new ArrayBuffer(0);

  /**
   * @param first the span's first token, counted from the file's beginning
   */
  constructor(
    readonly name: string,
    private readonly file: number,
    private readonly type: TokenType,
    private readonly first: number,
    readonly length: number,
  ) {}

  read(start: number, count: number): Int32Array {
    checkRange(this, start, count);
    const width = bytesPerToken[this.type];
    const bytes = count * width;
    if (this.buffer.byteLength < bytes) this.buffer = new ArrayBuffer(bytes);
    const view = new Uint8Array(this.buffer, 0, bytes);
    let done = 0;
    while (done < bytes) {
      const read = readSync(this.file, view, done, bytes - done, (this.first + start) * width + done);
      if (read === 0) {
        throw new GptError('dataset/truncated', `the token file ended before token ${this.first + start + count}`, {
          hint: 'it was changed while it was read; delete the tokens/ folder and start again',
        });
      }
      done += read;
    }
    const ids =
      this.type === 'uint16' ? new Uint16Array(this.buffer, 0, count) : new Uint32Array(this.buffer, 0, count);
    return new Int32Array(ids);
  }
}
