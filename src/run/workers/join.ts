// Opens an engine once all workers have connected; reports which ones are missing meanwhile.
import type { ClusterSpec } from '../../cluster/index.js';
import type { TrainingConfig } from '../../config/index.js';
import type { RunEvent } from '../../events.js';
import type { Diagnostics } from '../../session/diagnostics.js';
import { type OpenedEngine, openMachine } from '../../session/session.js';

/** @throws GptError `cluster/late`, and what opening an engine throws */
export async function* joinWorkers(
  config: TrainingConfig,
  spec: ClusterSpec,
  diagnostics: Omit<Diagnostics, 'memoryCheck'>,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent, OpenedEngine> {
  const missingWorkers: string[] = [];
  let settled = false;
  const cluster = {
    spec,
    seconds: config.waitForWorkers,
    waiting: (missing: string) => void missingWorkers.push(missing),
    signal,
  };
  const opening = openMachine(config, { training: true, ...diagnostics, cluster });
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
    for (const missing of missingWorkers.splice(0))
      yield { event: 'notice', level: 'warning', message: `waiting for ${missing}` };
  }
  return opening;
}
