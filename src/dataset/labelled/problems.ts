// What is wrong with data, row by row, gathered so that ten thousand empty rows are one line to read.
import { GptError } from '../../errors.js';

export interface Problem {
  /** An error stops finetuning; a warning is said and lived with. */
  readonly severity: 'error' | 'warning';
  /** Stable, for scripts: `ragged`, `empty-text`. */
  readonly code: string;
  readonly message: string;
  /** `train.csv:12`. */
  readonly place?: string;
  readonly hint?: string;
}

/** Problems of one kind: the message of the first, how many there are, and where the first ones are. */
export interface Finding extends Problem {
  readonly count: number;
  readonly places: readonly string[];
}

const placesKept = 5;

export class Findings {
  private readonly byCode = new Map<string, Finding & { count: number; places: string[] }>();

  add(problem: Problem): void {
    const found = this.byCode.get(problem.code);
    if (found === undefined) {
      this.byCode.set(problem.code, {
        ...problem,
        count: 1,
        places: problem.place === undefined ? [] : [problem.place],
      });
      return;
    }
    found.count++;
    if (problem.place !== undefined && found.places.length < placesKept) found.places.push(problem.place);
  }

  /** Errors first, otherwise in the order found. */
  list(): Finding[] {
    const all = [...this.byCode.values()];
    return [
      ...all.filter(({ severity }) => severity === 'error'),
      ...all.filter(({ severity }) => severity !== 'error'),
    ];
  }
}

export type Report = (problem: Problem) => void;

/** A report that stops at the first error and hands warnings on. */
export function throwing(warn: Report): Report {
  return (problem) => {
    if (problem.severity === 'warning') return warn(problem);
    const place = problem.place === undefined ? '' : `${problem.place}: `;
    throw new GptError(
      `data/${problem.code}`,
      `${place}${problem.message}`,
      problem.hint === undefined ? {} : { hint: problem.hint },
    );
  };
}
