// Where classified texts go: a CSV, TSV or JSONL file that is complete or absent, or lines on standard output.
import { once } from 'node:events';
import { createWriteStream, statSync, type WriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { GptError, whyUnwritable } from '../errors.js';
import type { ClassEvent } from '../run/events.js';

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

/** Writes rows beside the file and gives it its name at the end. */
export class ClassFile {
  private readonly stream: WriteStream;
  private readonly part: string;
  private failure: Error | undefined;
  private first = true;
  private readonly format: (typeof formats)[string];

  /**
   * @param input the file that is read, if it is one
   * @throws GptError `cli/output` for an extension that is no format, and for the input itself
   */
  constructor(
    readonly path: string,
    input?: string,
  ) {
    const format = formats[extname(path).toLowerCase()];
    if (!format) {
      throw new GptError('cli/output', `cannot write ${path}: "${extname(path)}" is no format for labels`, {
        hint: `known are ${Object.keys(formats).join(', ')}`,
      });
    }
    if (input !== undefined && sameFile(path, input)) {
      throw new GptError('cli/output', `${path} is the input: its rows would be lost`, {
        hint: 'give --output another name',
      });
    }
    this.format = format;
    this.part = `${path}.part`;
    this.stream = createWriteStream(this.part);
    this.stream.on('error', (error) => {
      this.failure = error;
    });
  }

  /** Waits where the disk is slower than the model. */
  async write(event: ClassEvent): Promise<void> {
    if (this.failure) throw this.explained(this.failure);
    const header = this.first ? (this.format!.header?.(event) ?? '') : '';
    this.first = false;
    if (this.stream.write(header + this.format!.row(event))) return;
    await once(this.stream, 'drain').catch(() => {}); // an error is told by the next call
  }

  async finish(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.stream.once('error', () => resolve());
      this.stream.end(() => resolve());
    });
    if (this.failure) throw this.explained(this.failure);
    await rename(this.part, this.path);
  }

  /** Leaves nothing behind. */
  async abandon(): Promise<void> {
    this.stream.destroy();
    await rm(this.part, { force: true });
  }

  private explained(error: NodeJS.ErrnoException): GptError {
    const reason = error.code === 'ENOENT' ? `there is no folder ${dirname(this.path)}` : whyUnwritable(error);
    return new GptError('cli/output', `cannot write ${this.path}: ${reason ?? error.message}`, { cause: error });
  }
}
