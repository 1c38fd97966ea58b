// Opens an engine whose workers have all come together, and tells who is waited for.
import type { ClusterSpec } from '../../cluster/index.js';
import type { TrainingConfig } from '../../config/index.js';
import type { RunEvent } from '../../events.js';
import type { Inspection } from '../../session/diagnostics.js';
import { type OpenedEngine, openMachine } from '../../session/session.js';

/** @throws GptError `cluster/late`, and what opening an engine throws */
export async function* joinWorkers(
  config: TrainingConfig,
  spec: ClusterSpec,
  inspection: Omit<Inspection, 'memoryCheck'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, OpenedEngine> {
  const heard: string[] = [];
  let settled = false;
  const cluster = {
    spec,
    seconds: config.waitForWorkers,
    waiting: (missing: string) => void heard.push(missing),
    signal,
  };
  const opening = openMachine(config, { training: true, ...inspection, cluster });
  const done = opening.then(
    () => {
      settled = true;
    },
    () => {
      settled = true;
    },
  );
  while (!settled) {
    await Promise.race([done, new Promise((resolve) => setTimeout(resolve, 200))]);
    for (const missing of heard.splice(0))
      yield { event: 'notice', level: 'warning', message: `waiting for ${missing}` };
  }
  return opening;
}
