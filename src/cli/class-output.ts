// Where classified texts go: a CSV, TSV or JSONL file that is complete or absent, or lines on standard output.
import { statSync } from 'node:fs';
import { extname } from 'node:path';
import { GptError } from '../errors.js';
import type { ClassEvent } from '../events.js';
import { AtomicFile } from '../files/index.js';
import { unwritable } from './unwritable.js';

/** One text as a row of a format, with its line end. */
export type RowFormat = (event: ClassEvent) => string;

/** A field as RFC 4180 has it: in quotes where it needs them. */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** TSV has no quotes: tabs and line ends become blanks. */
const tsvField = (text: string) => text.replace(/[\t\r\n]+/g, ' ');

function fieldsOf({ text, second, choices, label, scores, expected }: ClassEvent): string[] {
  const probability = scores[label]!.toFixed(4);
  const texts = [text, ...(second === undefined ? [] : [second]), ...(choices ? [choices[Number(label)]!] : [])];
  return [...texts, label, probability, ...(expected === undefined ? [] : [expected])];
}

function headerOf({ second, choices, expected }: ClassEvent): string[] {
  const texts = ['text', ...(second === undefined ? [] : ['second']), ...(choices ? ['choice'] : [])];
  return [...texts, 'label', 'probability', ...(expected === undefined ? [] : ['expected'])];
}

const formats: Readonly<Record<string, { row: RowFormat; header?: RowFormat }>> = {
  '.csv': {
    row: (event) => `${fieldsOf(event).map(csvField).join(',')}\n`,
    header: (event) => `${headerOf(event).join(',')}\n`,
  },
  '.tsv': {
    row: (event) => `${fieldsOf(event).map(tsvField).join('\t')}\n`,
    header: (event) => `${headerOf(event).join('\t')}\n`,
  },
  '.jsonl': {
    row: ({ event: _, ...rest }) => `${JSON.stringify(rest)}\n`,
  },
};

/** Whether two paths lead to one file. */
function sameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => statSync(path, { bigint: true, throwIfNoEntry: false }));
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/** A file of rows that is complete or absent. */
export class ClassFile {
  private pending = '';
  private first = true;

  private constructor(
    readonly path: string,
    private readonly format: (typeof formats)[string] & {},
    private readonly file: AtomicFile,
  ) {}

  /**
   * @param input the file that is read, if it is one
   * @throws GptError `cli/output` for an unknown extension, for the input itself, and when the folder cannot be written
   */
  static async create(path: string, input?: string): Promise<ClassFile> {
    const extension = extname(path).toLowerCase();
    const format = Object.hasOwn(formats, extension) ? formats[extension] : undefined;
    if (!format) {
      throw new GptError('cli/output', `cannot write ${path}: unknown format "${extname(path)}"`, {
        hint: `the formats are ${Object.keys(formats).join(', ')}`,
      });
    }
    if (input !== undefined && sameFile(path, input)) {
      throw new GptError('cli/output', `${path} is the input: its rows would be lost`, {
        hint: 'give --output another name',
      });
    }
    try {
      return new ClassFile(path, format, await AtomicFile.create(path));
    } catch (error) {
      throw unwritable(error, path);
    }
  }

  async write(event: ClassEvent): Promise<void> {
    if (this.first) this.pending += this.format.header?.(event) ?? '';
    this.first = false;
    this.pending += this.format.row(event);
    if (this.pending.length >= bufferedCharacters) await this.flush();
  }

  /** The file is complete, and on the disk, when this resolves. */
  async finish(): Promise<void> {
    await this.flush();
    try {
      await this.file.commit();
    } catch (error) {
      throw unwritable(error, this.path);
    }
  }

  /** Leaves nothing behind. */
  abandon(): Promise<void> {
    return this.file.abandon();
  }

  private async flush(): Promise<void> {
    const rows = this.pending;
    this.pending = '';
    try {
      await this.file.write(rows);
    } catch (error) {
      throw unwritable(error, this.path);
    }
  }
}

const bufferedCharacters = 1 << 16;
