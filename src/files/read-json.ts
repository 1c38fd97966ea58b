// A JSON file that a person, or another program, may have broken.
import { readFile, stat } from 'node:fs/promises';
import { GptError, whyUnreadable } from '../errors.js';
import { refuseLfsPointer } from './lfs.js';

/** Bytes of a JSON file that are read: the largest tokenizer.json has some ten million. */
const most = 1 << 28;

/**
 * @param code of the error for what is not JSON, not an object, or too large
 * @throws GptError that names the file; `checkpoint/missing` where it cannot be read, `files/lfs` for a Git LFS pointer
 */
export async function readJsonObject(path: string, code: string): Promise<Record<string, unknown>> {
  let text: string;
  try {
    const found = await stat(path);
    if (!found.isFile() && !found.isDirectory()) throw new GptError(code, `${path} is not a file`);
    const { size } = found;
    if (size > most) throw new GptError(code, `${path} has ${size} bytes, too many for a file of settings`);
    const bytes = await readFile(path);
    refuseLfsPointer(bytes, path);
    text = bytes.toString('utf8');
  } catch (cause) {
    if (cause instanceof GptError) throw cause;
    throw new GptError('checkpoint/missing', `cannot read ${path}: ${whyUnreadable(cause)}`, { cause });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GptError(code, `${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new GptError(code, `${path} is not a JSON object`);
}
