// Columns by name: the ones a person named, and those that have a known name. Its errors list what is there.
import { distance } from 'fastest-levenshtein';
import { nearest } from '../../config/nearest.js';
import { GptError } from '../../errors.js';
import { quoteList } from '../quote-list.js';

export class ColumnFinder {
  constructor(
    readonly names: readonly string[],
    private readonly data: string,
  ) {}

  /** The first of the wanted names that is there, as it is written there. */
  any(wanted: readonly string[]): string | undefined {
    for (const want of wanted) {
      const found = this.names.find((name) => name.toLowerCase() === want);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  anyAsList(wanted: readonly string[]): string[] | undefined {
    const found = this.any(wanted);
    return found === undefined ? undefined : [found];
  }

  all(wanted: readonly string[]): string[] | undefined {
    const found = wanted.map((want) => this.any([want]));
    return found.every((name) => name !== undefined) ? found : undefined;
  }

  /** A column that the person named. */
  named(name: string, flag: string): string {
    if (this.names.includes(name)) return name;
    const found = this.any([name.toLowerCase()]);
    if (found !== undefined) return found;
    const near = nearest(name, this.names);
    throw new GptError(
      'data/columns',
      `${this.data} has no column ${JSON.stringify(name)}; the columns are ${quoteList(this.names)}`,
      {
        hint: near === undefined ? `choose one of them with ${flag}` : `did you mean ${flag} ${JSON.stringify(near)}?`,
      },
    );
  }

  missing(what: string, wanted: readonly string[], flag?: string): GptError {
    const near = wanted
      .flatMap((want) => this.names.map((name) => ({ want, name, far: distance(want, name.toLowerCase()) })))
      .filter(({ want, far }) => far > 0 && far <= Math.ceil(want.length / 3))
      .sort((a, b) => a.far - b.far)[0];
    const guess =
      near === undefined ? '' : `is ${JSON.stringify(near.name)} meant to be ${JSON.stringify(near.want)}? `;
    const looksLikeData = this.names.some(
      (name) => name.length > 40 || /^-?[\d.]+$/.test(name) || name.split(' ').length > 4,
    );
    const header = looksLikeData
      ? 'the first line looks like data: put the names of the columns above it, such as text,label'
      : undefined;
    const rename =
      flag === undefined
        ? `rename the columns, or name them with --text-column and --label-column`
        : `name it with ${flag}, or rename it to ${JSON.stringify(wanted[0])}`;
    return new GptError(
      'data/columns',
      `${this.data}: no column for ${what} (${quoteList(wanted)}); the columns are ${quoteList(this.names)}`,
      {
        hint: header ?? `${guess}${rename}`,
      },
    );
  }
}
