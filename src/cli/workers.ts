// What the environment says about other workers, and what one that follows shows: warnings and errors alone, since worker 0
// reports.
import { type ClusterSpec, parseTfConfig } from '../cluster/index.js';
import type { RunEvent } from '../events.js';
import type { Context } from './context.js';
import { showRun } from './progress.js';

/** For looking at what every worker does: all of them then report. */
const reportAll = 'GPT_CLI_WORKER_EVENTS';

/** @throws GptError `cluster/tf-config` */
export function clusterOf({ streams: { env } }: Context): ClusterSpec | undefined {
  return parseTfConfig(env['TF_CONFIG']);
}

/** Shows a training run from where this worker stands. */
export async function showTraining(
  events: AsyncIterable<RunEvent>,
  context: Context,
  cluster: ClusterSpec | undefined,
): Promise<void> {
  const follows = cluster !== undefined && cluster.rank > 0;
  await showRun(follows && !context.streams.env[reportAll] ? warnings(events) : events, context);
}

async function* warnings(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent> {
  for await (const event of events) if (event.event === 'notice' && event.level === 'warning') yield event;
}
