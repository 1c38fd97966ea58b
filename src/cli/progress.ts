// Shows the events of a run: as JSON lines (--json), or for a person.
import type { RunEvent, StartEvent } from '../events.js';
import type { Context } from './context.js';
import { resumeCommand } from './event-lines.js';
import { type Show, showPeople } from './human-output.js';

/** What `--json` prints; the other events are for people. */
const PUBLIC: ReadonlySet<RunEvent['event']> = new Set(['plan', 'start', 'step', 'eval', 'checkpoint', 'done']);

function showJson(context: Context): Show {
  const on = (event: RunEvent) => {
    if (PUBLIC.has(event.event)) context.print(JSON.stringify(event));
    else if (event.event === 'notice' && event.level === 'warning') context.warn(event.message);
  };
  return { on, close: () => {} };
}

/**
 * Shows every event until there are no more.
 * @param page false: no page on a terminal, but lines and a bar
 */
export async function showRun(events: AsyncIterable<RunEvent>, context: Context, page = true): Promise<void> {
  const show = context.json ? showJson(context) : showPeople(context, page);
  try {
    let start: StartEvent | undefined;
    for await (const event of events) {
      if (event.event === 'start') start = event;
      if (event.event === 'done' && event.reason === 'interrupted' && event.iter > 0)
        context.resumeCommand = resumeCommand(event, start);
      show.on(event);
    }
  } finally {
    show.close();
  }
}
