// What the name of a file says of its content: .csv in x.csv and in x.csv.gz.
import { basename, extname } from 'node:path';

/** Whether a file is compressed by gzip, by its name. */
export const isGzip = (path: string) => extname(path).toLowerCase() === '.gz';

const uncompressed = (path: string) => (isGzip(path) ? path.slice(0, -'.gz'.length) : path);

/** The extension in lower case, that of a compressed file without .gz. */
export const endingOf = (path: string) => extname(uncompressed(path)).toLowerCase();

/** A file's name without its extension, .gz included. */
export function stemOf(path: string): string {
  const name = basename(uncompressed(path));
  return basename(name, extname(name));
}
