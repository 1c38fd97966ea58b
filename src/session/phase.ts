// Long work that reports its progress by callback, as a stream of phase events.
import type { PhaseEvent } from '../events.js';

/** Reports how much is done; `total` where it is known. */
export type Report = (done: number, total?: number) => void;

/** How often progress is passed on, in milliseconds. */
const interval = 100;

/**
 * Runs `work` and yields what it reports, at most ten times a second. Returns what it resolves to.
 * @param name what a person reads: `training the tokenizer`
 */
export async function* phase<T>(name: string, work: (report: Report) => Promise<T>): AsyncGenerator<PhaseEvent, T> {
  let latest: PhaseEvent = { event: 'phase', name };
  let shown: PhaseEvent | undefined;
  let settled = false;
  const promise = work((done, total) => {
    latest = { event: 'phase', name, done, ...(total === undefined ? {} : { total }) };
  });
  const watched = promise.finally(() => {
    settled = true;
  });
  watched.catch(() => {}); // thrown below
  while (!settled) {
    if (latest !== shown) {
      shown = latest;
      yield latest;
    }
    let timer: NodeJS.Timeout | undefined;
    const pause = new Promise((resolve) => {
      timer = setTimeout(resolve, interval);
    });
    await Promise.race([watched.catch(() => {}), pause]);
    clearTimeout(timer);
  }
  const result = await promise;
  const total = latest.total ?? latest.done;
  yield { event: 'phase', name, ...(total === undefined ? {} : { done: total, total }), finished: true };
  return result;
}
