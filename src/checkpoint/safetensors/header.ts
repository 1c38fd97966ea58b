// The header of a safetensors file: its JSON checked against the file's length, so that whatever passes can be read.
// Format: u64 little-endian length of the JSON, the JSON, then the tensors' bytes without gaps.
import { basename } from 'node:path';
import { GptError } from '../../errors.js';
import { bytesOf } from './dtype.js';

/** The largest header that is read: a longer one is a broken file. */
export const maxHeaderBytes = 100_000_000;

export interface TensorEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Where its bytes begin, counted from the start of the file. */
  readonly position: number;
  readonly bytes: number;
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where the header's JSON ends. @throws GptError for a length no file could mean */
export function headerEnd(path: string, first8: Uint8Array, fileBytes: number): number {
  if (first8.length < 8) throw broken(path, `has ${fileBytes} bytes, too few for a header`);
  const length = Number(new DataView(first8.buffer, first8.byteOffset, 8).getBigUint64(0, true));
  if (length > maxHeaderBytes) {
    throw broken(
      path,
      `announces a header of ${length} bytes (at most ${maxHeaderBytes} are read); it is no safetensors file`,
    );
  }
  if (8 + length > fileBytes) {
    throw broken(path, `is truncated: it has ${fileBytes} bytes, its header alone needs ${8 + length}`);
  }
  return 8 + length;
}

/**
 * @param json bytes of the header's JSON, which ends at `end` in the file
 * @throws GptError `checkpoint/safetensors` for anything that does not describe this file exactly
 */
export function parseHeader(path: string, json: Uint8Array, end: number, fileBytes: number): Header {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(json));
  } catch (cause) {
    if (json.at(-1) === 0) throw broken(path, 'has a header padded with NUL bytes; the format pads with blanks', cause);
    throw broken(path, 'has a header that is not JSON', cause);
  }
  const twice = repeatedName(json);
  if (twice !== undefined) throw broken(path, `has a header that names "${twice}" twice`);
  if (!isObject(parsed)) throw broken(path, 'has a header that is not a JSON object');

  const { __metadata__: metadata = {}, ...entries } = parsed;
  if (!isObject(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw broken(path, 'has __metadata__ that is no table of strings');
  }
  const tensors = Object.entries(entries).map(([name, entry]) => parseEntry(path, name, entry, end));
  tensors.sort((a, b) => a.position - b.position || a.bytes - b.bytes);

  let next = end;
  for (const { name, position, bytes } of tensors) {
    if (position !== next) {
      const what = position < next ? 'overlaps the tensor before it' : 'leaves a gap before it';
      throw broken(path, `has a header in which "${name}" ${what} (byte ${position}, expected ${next})`);
    }
    next = position + bytes;
  }
  if (next > fileBytes) throw broken(path, `is truncated: it has ${fileBytes} bytes, its header describes ${next}`);
  if (next < fileBytes) throw broken(path, `has ${fileBytes - next} trailing bytes that its header does not describe`);
  return {
    tensors: new Map(tensors.map((entry) => [entry.name, entry])),
    metadata: metadata as Record<string, string>,
  };
}

/** JSON.parse keeps the last of two equal keys and says nothing. Entries are flat, so their keys stand at depth 1. */
function repeatedName(json: Uint8Array): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  const text = new TextDecoder().decode(json);
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (colon !== undefined && depth === 1) {
      const name = JSON.parse(token.slice(0, token.length - colon.length)) as string;
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return undefined;
}

function parseEntry(path: string, name: string, entry: unknown, end: number): TensorEntry {
  const wrong = (what: string) => broken(path, `has a header in which "${name}" has ${what}`);
  if (!isObject(entry)) throw wrong('no description');
  const { dtype, shape, data_offsets: offsets } = entry;
  const width = typeof dtype === 'string' && Object.hasOwn(bytesOf, dtype) ? bytesOf[dtype] : undefined;
  if (typeof dtype !== 'string' || width === undefined) throw wrong(`an unknown dtype (${JSON.stringify(dtype)})`);
  if (!isSizes(shape)) throw wrong(`an impossible shape (${JSON.stringify(shape)})`);
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw wrong(`impossible data_offsets (${JSON.stringify(offsets)})`);
  }
  const bytes = offsets[1]! - offsets[0]!;
  const expected = shape.reduce((product, size) => product * size, width);
  if (bytes !== expected) throw wrong(`${bytes} bytes, but ${dtype} [${shape.join(', ')}] needs ${expected}`);
  return { name, dtype, shape, position: end + offsets[0]!, bytes };
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The error of a file that is not what its name says. */
export function broken(path: string, what: string, cause?: unknown): GptError {
  return new GptError('checkpoint/safetensors', `${basename(path)} ${what}`, {
    hint: `${path}: copy or download it again, or use another checkpoint`,
    cause,
  });
}
