// Work with a time limit, for regular expressions of unknown origin: some take exponentially long. Costs about 30 us a call.
import { type Context, createContext, Script } from 'node:vm';

const script = new Script('work()');
let context: Context | undefined;

/**
 * The result of synchronous work, which is stopped when the time is over.
 * @throws what `late` makes when the time is over; what the work throws
 */
export function withinTime<T>(milliseconds: number, work: () => T, late: () => Error): T {
  context ??= createContext({});
  const outer: unknown = context['work'];
  context['work'] = work;
  try {
    return script.runInContext(context, { timeout: milliseconds }) as T;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_SCRIPT_EXECUTION_TIMEOUT' ? late() : error;
  } finally {
    context['work'] = outer; // holds on to no text
  }
}
