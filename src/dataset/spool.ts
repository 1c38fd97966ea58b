// Copies what can be read only once (standard input, pipes) to files, since training a tokenizer and tokenizing are two
// passes over the text.
import { createReadStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GptError } from '../errors.js';
import { AtomicFile, makeFolder } from '../files/index.js';
import { writeError } from './write-error.js';

export interface SpoolOptions {
  /** Where `-` reads from; default process.stdin. */
  readonly stdin?: NodeJS.ReadableStream;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies `-` and named pipes (such as the shell's `<(command)`) to files in `directory`, written aside and renamed, and
 * returns the inputs to use instead. The others stay as they are; without any the directory is not made.
 * @throws GptError `dataset/stdin-twice`, `dataset/write`; an aborted signal's reason
 */
export async function spoolInputs(
  inputs: readonly string[],
  directory: string,
  options: SpoolOptions = {},
): Promise<string[]> {
  if (inputs.indexOf('-') !== inputs.lastIndexOf('-')) {
    throw new GptError('dataset/stdin-twice', 'standard input (-) was given twice');
  }
  const usable: string[] = [];
  for (const [index, input] of inputs.entries()) {
    if (input === '-') usable.push(await copy(options.stdin ?? process.stdin, directory, 'stdin.txt', options.signal));
    else if (isPipe(input))
      usable.push(await copy(createReadStream(input), directory, `pipe${index}.txt`, options.signal));
    else usable.push(input);
  }
  return usable;
}

function isPipe(input: string): boolean {
  const stat = statSync(input, { throwIfNoEntry: false });
  return stat !== undefined && (stat.isFIFO() || stat.isCharacterDevice());
}

async function copy(
  from: NodeJS.ReadableStream,
  directory: string,
  name: string,
  signal?: AbortSignal,
): Promise<string> {
  const path = join(directory, name);
  let file: AtomicFile | undefined;
  try {
    await makeFolder(directory);
    file = await AtomicFile.create(path);
    const to = file.handle.createWriteStream({ autoClose: false });
    await pipeline(from, to, signal === undefined ? {} : { signal });
    await file.commit();
  } catch (error) {
    await file?.abandon();
    signal?.throwIfAborted();
    throw writeError(error, directory);
  }
  return path;
}
