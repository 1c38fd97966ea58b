// For tests: a cluster of workers in one process, whose sums meet in memory. A worker may be lost.
import { GptError } from '../../errors.js';
import type { Cluster, Summands } from '../types.js';

interface Meeting {
  readonly given: (Summands | undefined)[];
  readonly promise: Promise<Summands>;
  readonly resolve: (sum: Summands) => void;
  readonly reject: (error: Error) => void;
}

function meeting(size: number): Meeting {
  let resolve!: Meeting['resolve'];
  let reject!: Meeting['reject'];
  const promise = new Promise<Summands>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  promise.catch(() => {}); // reported to whoever waits
  return { given: new Array(size).fill(undefined), promise, resolve, reject };
}

/** `size` workers. `lose(rank)` makes every call that waits for that worker fail, as a death of it would. */
export function inMemoryCluster(size: number): {
  workers: Cluster[];
  lose: (rank: number) => void;
  sums: () => number;
} {
  const meetings: Meeting[] = [];
  let lost: GptError | undefined;
  const workers = Array.from({ length: size }, (_, rank): Cluster => {
    let next = 0;
    return {
      rank,
      size,
      async sum<T extends Summands>(values: T): Promise<T> {
        if (lost) throw lost;
        const at = next++;
        meetings[at] ??= meeting(size);
        const { given, promise, resolve, reject } = meetings[at];
        given[rank] = values.slice();
        if (given.every((one) => one !== undefined)) {
          const alike = given.every((one) => one.length === values.length && one.constructor === values.constructor);
          if (alike) resolve(total(given));
          else reject(new Error(`the workers met with ${given.map((one) => `${one.constructor.name} ${one.length}`)}`));
        }
        return (await promise).slice() as T;
      },
    };
  });
  const lose = (rank: number) => {
    lost = new GptError('cluster/worker-lost', `worker ${rank} is gone`);
    for (const { reject } of meetings) reject(lost);
  };
  return { workers, lose, sums: () => meetings.length };
}

function total(given: readonly Summands[]): Summands {
  const sum = given[0]!.slice();
  for (const values of given.slice(1)) for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
  return sum;
}
