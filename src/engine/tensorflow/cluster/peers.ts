// The other workers of a cluster: whether they have come, whether they live. Each has a gRPC server that answers on its own
// threads, however busy its JavaScript is. Knows nothing of what is computed together.
import type { ClusterSpec } from '../../../cluster/types.js';
import { GptError } from '../../../errors.js';
import { taskName } from './server-def.js';

/** Asks a worker whether it lives: undefined when it does, else what is wrong. */
export type Ask = (task: string, milliseconds: number) => Promise<string | undefined>;

export interface Fault {
  readonly rank: number;
  readonly reason: string;
}

/** Asked at once: each waits on a thread of libuv's pool, of which there are four. */
const atOnce = 3;

export interface Pace {
  /** Milliseconds that a collective may wait before the others are asked, and between two rounds. */
  readonly interval: number;
  /** The same between rounds that somebody was silent in. */
  readonly doubt: number;
  /** Milliseconds that a worker has to answer. */
  readonly patience: number;
  /** Rounds in a row in which a worker must be silent to be given up. One is not enough: this process may have slept. */
  readonly rounds: number;
  /**
   * Milliseconds that this worker stays to answer after it has noticed a loss: the others, who notice it a little later,
   * should not count it among the lost.
   */
  readonly stay: number;
}

/** A process that died is noticed at once or after 3 seconds, a dead link after 12 to 30. */
export const usualPace: Pace = { interval: 2000, doubt: 1000, patience: 8000, rounds: 2, stay: 6000 };

export class Peers {
  private readonly others: readonly number[];

  constructor(
    readonly spec: ClusterSpec,
    private readonly ask: Ask,
    private readonly pace: Pace = usualPace,
  ) {
    this.others = spec.addresses.map((_, rank) => rank).filter((rank) => rank !== spec.rank);
  }

  /** `worker 1 (host:2222)`. */
  nameOf(rank: number): string {
    return `worker ${rank} (${this.spec.addresses[rank]})`;
  }

  /** Those of `ranks` that do not answer; asks no more once `enough` are found. */
  private async silent(
    ranks: readonly number[],
    patience: number,
    enough = Number.POSITIVE_INFINITY,
  ): Promise<Fault[]> {
    const faults: Fault[] = [];
    for (let at = 0; at < ranks.length && faults.length < enough; at += atOnce) {
      const asked = ranks.slice(at, at + atOnce);
      const answers = await Promise.all(asked.map((rank) => this.ask(taskName(rank), patience)));
      for (const [i, reason] of answers.entries()) if (reason !== undefined) faults.push({ rank: asked[i]!, reason });
    }
    return faults;
  }

  /**
   * Waits until every worker has come.
   * @param seconds how long
   * @param waiting called about every ten seconds with who is missing
   * @param signal aborted: waits no more
   * @throws GptError `cluster/late`; what aborted the signal
   */
  async gather(seconds: number, waiting: (missing: string) => void, signal?: AbortSignal): Promise<void> {
    const started = performance.now();
    const elapsed = () => (performance.now() - started) / 1000;
    let nextWord = 2;
    for (let missing = this.others; ; ) {
      missing = (await this.silent(missing, 2000)).map(({ rank }) => rank);
      if (missing.length === 0) return;
      signal?.throwIfAborted();
      const names = missing.map((rank) => this.nameOf(rank)).join(', ');
      if (elapsed() >= seconds) {
        throw new GptError('cluster/late', `${names} did not come within ${seconds} s`, {
          hint: 'is it running, and can it be reached there? --wait-for-workers 30m waits longer',
        });
      }
      if (elapsed() >= nextWord) {
        waiting(names);
        nextWord = elapsed() + 10;
      }
      await sleep(500);
    }
  }

  /**
   * Watches the others while `work` waits for them.
   * @param abort called once when one is given up; it must make `work` fail
   */
  async watch<T>(work: Promise<T>, abort: (why: string) => void): Promise<T> {
    const settled = work.then(
      () => true,
      () => true,
    );
    const { interval, doubt, patience, rounds } = this.pace;
    let suspects = this.others;
    let round = 0;
    while (!(await Promise.race([settled, sleep(round > 0 ? doubt : interval, settled)]))) {
      const silent = (await this.silent(suspects, patience, 1)).map(({ rank }) => rank);
      round = silent.length > 0 ? round + 1 : 0;
      suspects = silent.length > 0 ? silent : this.others;
      if (round < rounds) continue;
      abort(`${silent.map((rank) => this.nameOf(rank)).join(', ')} does not answer`);
      break;
    }
    return work;
  }

  /**
   * Who is to blame when a collective failed. Looks twice: those who have just noticed it too are still there.
   * @param cause what TensorFlow said
   */
  async blame(cause: Error): Promise<GptError> {
    const staying = sleep(this.pace.stay);
    const first = (await this.silent(this.others, 4000)).map(({ rank }) => rank);
    await sleep(Math.min(1000, this.pace.stay));
    const faults = await this.silent(first, 4000);
    await staying;
    const hint = 'start all the workers again, with --resume once the run has saved a state';
    if (faults.length === 0)
      return new GptError('cluster/worker-lost', `the workers lost each other: ${cause.message}`, { hint, cause });
    const names = faults.map(({ rank }) => this.nameOf(rank)).join(', ');
    const gone = faults.every(({ reason }) => /refused|failed to connect|closed|reset/i.test(reason));
    const what = gone ? 'gone' : 'out of reach';
    return new GptError('cluster/worker-lost', `${names} ${faults.length > 1 ? 'are' : 'is'} ${what}`, { hint, cause });
  }
}

/** Resolves to false after the time, or early when `or` settles. */
function sleep(milliseconds: number, or?: Promise<unknown>): Promise<false> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), milliseconds);
    or?.then(() => {
      clearTimeout(timer);
      resolve(false);
    });
  });
}
