// For commands whose standard output is their result: a progress bar and notes on a terminal, elsewhere warnings alone.
import type { NoticeEvent, PhaseEvent } from '../events.js';
import type { Context } from './context.js';
import { LiveBar } from './live/bar.js';

export interface Work {
  readonly on: (event: PhaseEvent | NoticeEvent) => void;
  /** Takes the bar away; the next phase brings it back. */
  readonly close: () => void;
}

export function showWork(context: Context): Work {
  const { stdout } = context.streams;
  const bar = context.live && !context.quiet && !context.json ? new LiveBar(stdout) : undefined;
  const on: Work['on'] = (event) => {
    if (event.event === 'phase') {
      bar?.phase(event.name, event.done, event.total);
      return;
    }
    bar?.clear();
    if (event.level === 'warning') context.warn(event.message);
    else if (context.streams.stderr.isTTY) context.note(event.message);
  };
  return { on, close: () => bar?.clear() };
}
