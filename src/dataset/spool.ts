// Copies what can be read only once (standard input, pipes) to files, since training a tokenizer and tokenizing are two
// passes over the text.
import { dirname, join } from 'node:path';
import { GptError } from '../errors.js';
import { AtomicFile, isPipe, makeFolder, readPipe } from '../files/index.js';
import { stoppable } from './bytes.js';
import { endingOf, isGzip } from './ending.js';
import { writeError } from './write-error.js';

export interface SpoolOptions {
  /** Where `-` reads from; default process.stdin. */
  readonly stdin?: NodeJS.ReadableStream | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies `-` and named pipes (such as the shell's `<(command)`) to files in `directory`, written aside and renamed, and
 * returns the inputs to use instead. The others stay as they are; without any the directory is not made.
 * @throws GptError `dataset/stdin-twice`, `dataset/empty`, `dataset/write`; an aborted signal's reason
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
    if (input === '-')
      usable.push(
        await copy(
          { name: 'standard input', bytes: stoppable(options.stdin ?? process.stdin, options.signal) },
          join(directory, 'stdin.txt'),
          options.signal,
        ),
      );
    else if (isPipe(input))
      usable.push(
        await copy(
          { name: input, bytes: readPipe(input, options.signal) },
          join(directory, `pipe${index}${suffixOf(input)}`),
          options.signal,
        ),
      );
    else usable.push(input);
  }
  return usable;
}

/** The ending says what is in it: a pipe that is called x.jsonl has JSON lines. */
const suffixOf = (pipe: string) => (endingOf(pipe) || '.txt') + (isGzip(pipe) ? '.gz' : '');

interface Source {
  /** As errors name it. */
  readonly name: string;
  readonly bytes: AsyncIterable<Uint8Array | string>;
}

async function copy({ name, bytes }: Source, path: string, signal?: AbortSignal): Promise<string> {
  let file: AtomicFile | undefined;
  let empty = true;
  try {
    await makeFolder(dirname(path));
    file = await AtomicFile.create(path);
    for await (const chunk of bytes) {
      await file.write(chunk);
      empty &&= chunk.length === 0;
    }
    if (empty) throw new GptError('dataset/empty', `${name} is empty`, { hint: 'there is no text to learn from' });
    await file.commit();
  } catch (error) {
    await file?.abandon();
    signal?.throwIfAborted();
    throw writeError(error, dirname(path));
  }
  return path;
}
