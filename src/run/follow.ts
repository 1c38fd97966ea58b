// What a worker needs in order to follow worker 0: a folder of its own for its tokens, and the settings of the run. The
// run folder is worker 0's: nothing is written there.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Run } from '../checkpoint/index.js';
import type { ClusterSpec } from '../cluster/index.js';
import { type FinetuneConfig, flagName, type PretrainConfig, type Sources } from '../config/index.js';
import { GptError } from '../errors.js';
import type { TrainingState } from '../train/index.js';
import type { StartEvent } from './events.js';
import { programVersion } from './record.js';
import type { Team } from './team.js';

/** Whether this process leads: alone, or as worker 0. */
export function leads(cluster: ClusterSpec | undefined): boolean {
  return cluster === undefined || cluster.rank === 0;
}

/** A run folder that is none: temporary, and removed at the end. */
export function temporaryRun(): Run {
  const directory = mkdtempSync(join(tmpdir(), 'gpt-cli-worker-'));
  return {
    directory,
    last: join(directory, 'last'),
    best: join(directory, 'best'),
    checkpoint: undefined,
    config: undefined,
    start: async () => ({ append: () => {}, close: () => {} }),
    release: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** How the run goes, at every worker. */
export interface Orders<C> {
  readonly config: C;
  readonly sources: Sources;
  /** Where the text or data is, as worker 0 was told. */
  readonly inputs: readonly string[];
  /** The state that the run goes on from. */
  readonly resumed: TrainingState | null;
}

/** Each worker's own affair. */
const own = ['backend', 'device', 'threads', 'verbose', 'waitForWorkers'] as const;

/**
 * Takes over what worker 0 has resolved, this worker's machine excepted.
 * @param orders worker 0's; at the others, what they would do, of which only the settings of the machine count
 * @param compare whether the others' settings must be worker 0's: in a new run, which all begin with one command
 * @throws GptError `cluster/different`
 */
export async function takeOrders<C extends PretrainConfig | FinetuneConfig>(
  team: Team,
  command: StartEvent['command'],
  orders: Orders<C>,
  compare: boolean,
): Promise<Orders<C>> {
  if (!team.cluster) return orders;
  const version = programVersion();
  const told = await team.share({ ...orders, command, version });
  if (told.command !== command || told.version !== version) {
    throw new GptError(
      'cluster/different',
      `this is ${command} of gpt-cli ${version}, worker 0 runs ${told.command} of ${told.version}`,
      { hint: 'give every worker the same program and the same command' },
    );
  }
  if (team.leads) return orders;
  const mine = orders.config as unknown as Record<string, unknown>;
  const theirs = told.config as unknown as Record<string, unknown>;
  const machine = Object.fromEntries(own.map((key) => [key, mine[key]]));
  if (compare) {
    for (const [key, value] of Object.entries(theirs)) {
      if (key in machine || JSON.stringify(value) === JSON.stringify(mine[key])) continue;
      throw new GptError('cluster/different', `${flagName(key)} is ${mine[key]} here and ${value} at worker 0`, {
        hint: 'give every worker the same command',
      });
    }
  }
  return { ...told, config: { ...told.config, ...machine } };
}
