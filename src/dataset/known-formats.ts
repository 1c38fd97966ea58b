// Files that are not text, recognised by their first bytes, and what can be done about them.
import { GptError } from '../errors.js';
import { refuseLfsPointer } from '../files/index.js';

interface Format {
  readonly name: string;
  readonly begins: string;
  readonly hint?: string;
}

const extract = 'extract its text first';
const unpack = 'unpack it first';

/** As latin1. */
const formats: readonly Format[] = [
  { name: 'a PDF', begins: '%PDF-', hint: 'extract its text first, for example with pdftotext' },
  { name: 'a ZIP archive (or DOCX, XLSX, EPUB)', begins: 'PK\x03\x04', hint: 'unpack it, or save it as text' },
  { name: 'gzip data', begins: '\x1f\x8b', hint: 'give the file a name that ends in .gz, or unpack it first: gunzip' },
  { name: 'an xz archive', begins: '\xfd7zXZ', hint: unpack },
  { name: 'a 7z archive', begins: "7z\xbc\xaf'\x1c", hint: unpack },
  { name: 'a bzip2 archive', begins: 'BZh', hint: unpack },
  { name: 'zstd data', begins: '\x28\xb5\x2f\xfd', hint: unpack },
  { name: 'a RAR archive', begins: 'Rar!\x1a', hint: unpack },
  { name: 'a Word document', begins: '\xd0\xcf\x11\xe0', hint: extract },
  { name: 'an RTF document', begins: '{\\rtf', hint: extract },
  { name: 'a PNG image', begins: '\x89PNG' },
  { name: 'a JPEG image', begins: '\xff\xd8\xff' },
  { name: 'a GIF image', begins: 'GIF8' },
  { name: 'a Parquet file', begins: 'PAR1', hint: 'Parquet is not supported: write it as JSONL' },
  { name: 'an Arrow file', begins: 'ARROW1', hint: 'Arrow is not supported: write it as JSONL' },
  { name: 'an SQLite database', begins: 'SQLite format 3\0', hint: 'export its text, for example as CSV' },
  { name: 'a GGUF model', begins: 'GGUF', hint: 'this is a model, not a text' },
  { name: 'a program', begins: '\x7fELF' },
];

/**
 * Refuses what is certainly not text.
 * @param head the first bytes, up to 64
 * @throws GptError `files/lfs`, `dataset/binary` that names the format
 */
export function refuseKnown(head: Buffer, name: string): void {
  refuseLfsPointer(head, name);
  const first = head.toString('latin1', 0, 64);
  const found = formats.find(({ begins }) => first.startsWith(begins));
  if (!found) return;
  throw new GptError('dataset/binary', `${name} is ${found.name}, not text`, found.hint ? { hint: found.hint } : {});
}
