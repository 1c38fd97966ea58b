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

type WorkEvent = PhaseEvent | NoticeEvent;

/** Shows the work, and prints each result: its lines, with --json the event. */
export async function showResults<Event extends { readonly event: string }>(
  events: AsyncIterable<Event | WorkEvent>,
  lines: (result: Exclude<Event, WorkEvent>) => readonly string[],
  context: Context,
): Promise<void> {
  const work = showWork(context);
  try {
    for await (const event of events) {
      if (isWork(event)) work.on(event);
      else {
        work.close();
        if (context.json) context.print(JSON.stringify(event));
        else for (const line of lines(event as Exclude<Event, WorkEvent>)) context.print(line);
      }
    }
  } finally {
    work.close();
  }
}

function isWork(event: { readonly event: string }): event is WorkEvent {
  return event.event === 'phase' || event.event === 'notice';
}
