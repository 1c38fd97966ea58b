// Bytes to text, strictly: UTF-8, or UTF-16 that says so with a byte order mark. Anything else is an error that names
// the byte. Works on chunks of any size and never splits a character. Knows nothing of documents.
import { isUtf8 } from 'node:buffer';
import { GptError } from '../errors.js';
import { refuseKnown } from './known-formats.js';

interface Decoder {
  push(bytes: Buffer): string;
  /** Throws when the bytes end inside a character. */
  end(): void;
}

/**
 * Decodes chunks to text, without the byte order mark. The chunks' memory may be reused between reads.
 * @param name what to call the source in errors
 * @throws GptError `dataset/binary` (a NUL byte), `dataset/encoding` (not UTF-8, broken UTF-16), with the byte offset
 */
export async function* decodeText(chunks: AsyncIterable<Uint8Array | string>, name: string): AsyncGenerator<string> {
  let decoder: Decoder | undefined;
  let head: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = typeof chunk === 'string' ? Buffer.from(chunk) : view(chunk);
    if (decoder === undefined) {
      head = Buffer.concat([head, bytes]);
      if (head.length < headBytes) continue;
      [decoder, bytes] = start(head, name);
    }
    const text = decoder.push(bytes);
    if (text !== '') yield text;
  }
  if (decoder === undefined) {
    const [last, bytes] = start(head, name);
    decoder = last;
    const text = decoder.push(bytes);
    if (text !== '') yield text;
  }
  decoder.end();
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Enough for a byte order mark and for what `refuseKnown` looks at. */
const headBytes = 64;

/** The decoder that the byte order mark asks for, and the bytes after the mark. */
function start(head: Buffer, name: string): [Decoder, Buffer] {
  refuseKnown(head, name);
  if (head.length >= 2 && head[0] === 0xff && head[1] === 0xfe) return [new Utf16(name, false), head.subarray(2)];
  if (head.length >= 2 && head[0] === 0xfe && head[1] === 0xff) return [new Utf16(name, true), head.subarray(2)];
  const mark = head.length >= 3 && head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf;
  return [new Utf8(name, mark ? 3 : 0), mark ? head.subarray(3) : head];
}

class Utf8 implements Decoder {
  private carry: Buffer = Buffer.alloc(0);

  constructor(
    private readonly name: string,
    private offset: number,
  ) {}

  push(chunk: Buffer): string {
    const bytes = this.carry.length > 0 ? Buffer.concat([this.carry, chunk]) : chunk;
    const zero = bytes.indexOf(0);
    if (zero >= 0) throw binaryError(this.name, this.offset + zero, looksLikeUtf16(bytes));
    const whole = wholeLength(bytes);
    const text = bytes.subarray(0, whole);
    if (!isUtf8(text)) throw encodingError(this.name, this.offset + invalidUtf8At(text), text[invalidUtf8At(text)]!);
    this.carry = Buffer.from(bytes.subarray(whole));
    this.offset += whole;
    return text.toString('utf8');
  }

  end(): void {
    if (this.carry.length === 0) return;
    throw new GptError('dataset/truncated', `${this.name} ends in the middle of a character, at byte ${this.offset}`, {
      hint: 'the file is cut off: copy or download it again',
    });
  }
}

class Utf16 implements Decoder {
  private carry: Buffer = Buffer.alloc(0);
  private offset = 2;

  constructor(
    private readonly name: string,
    private readonly bigEndian: boolean,
  ) {}

  push(chunk: Buffer): string {
    const bytes = Buffer.concat([this.carry, chunk]); // a copy: it may be swapped in place
    let whole = bytes.length & ~1;
    const high = whole >= 2 ? bytes[this.bigEndian ? whole - 2 : whole - 1]! & 0xfc : 0;
    if (high === 0xd8) whole -= 2; // the first half of a surrogate pair waits for the second
    this.carry = Buffer.from(bytes.subarray(whole));
    const body = bytes.subarray(0, whole);
    const text = (this.bigEndian ? body.swap16() : body).toString('utf16le');
    const zero = text.indexOf('\0');
    if (zero >= 0) throw binaryError(this.name, this.offset + 2 * zero, false);
    const lone = /\p{Surrogate}/u.exec(text);
    if (lone) throw brokenUtf16(this.name, this.offset + 2 * lone.index);
    this.offset += whole;
    return text;
  }

  end(): void {
    if (this.carry.length > 0) throw brokenUtf16(this.name, this.offset);
  }
}

/** Length without a sequence that is still incomplete at the end (at most 3 bytes). */
function wholeLength(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back]!;
    if ((byte & 0xc0) === 0x80) continue; // a continuation byte: look further back for its lead
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}

/** Where the first sequence begins that is not well-formed UTF-8 (Unicode, table 3-7). -1 if all is well. */
function invalidUtf8At(bytes: Uint8Array): number {
  let i = 0;
  while (i < bytes.length) {
    const lead = bytes[i]!;
    const length = lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0 || i + length > bytes.length) return i;
    const second = bytes[i + 1] ?? 0;
    if (lead === 0xe0 && second < 0xa0) return i;
    if (lead === 0xed && second > 0x9f) return i;
    if (lead === 0xf0 && second < 0x90) return i;
    if (lead === 0xf4 && second > 0x8f) return i;
    for (let k = 1; k < length; k++) if ((bytes[i + k]! & 0xc0) !== 0x80) return i;
    i += length;
  }
  return -1;
}

/** UTF-16 without a mark: in text that is mostly Latin every other byte is zero. */
function looksLikeUtf16(bytes: Buffer): boolean {
  const sample = bytes.subarray(0, 4096);
  let zeros = 0;
  for (const byte of sample) if (byte === 0) zeros++;
  return zeros > sample.length * 0.3 && zeros < sample.length * 0.7;
}

function binaryError(name: string, offset: number, utf16: boolean): GptError {
  const hint = utf16
    ? `it looks like UTF-16 without a byte order mark; convert it, for example: iconv -f UTF-16LE -t UTF-8 ${name} > utf8.txt`
    : 'give text: .txt, .md, .jsonl, .csv';
  return new GptError('dataset/binary', `${name} is not text: byte ${offset} is NUL`, { hint });
}

function encodingError(name: string, offset: number, byte: number): GptError {
  const value = `0x${byte.toString(16).padStart(2, '0')}`;
  return new GptError('dataset/encoding', `${name} is not UTF-8: byte ${offset} (${value}) begins no valid character`, {
    hint: `convert it, for example: iconv -f WINDOWS-1252 -t UTF-8 ${name} > utf8.txt`,
  });
}

function brokenUtf16(name: string, offset: number): GptError {
  return new GptError('dataset/encoding', `${name} is broken UTF-16: half a character at byte ${offset}`, {
    hint: 'save it again as UTF-8',
  });
}
