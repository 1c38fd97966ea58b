// What a worker needs in order to follow worker 0: a folder of its own for its tokens, and the settings of the run. The
// run folder is worker 0's: nothing is written there.
import { join } from 'node:path';
import type { Run } from '../../checkpoint/index.js';
import type { ClusterSpec } from '../../cluster/index.js';
import { type FinetuneConfig, flagName, type PretrainConfig, type Sources } from '../../config/index.js';
import { GptError } from '../../errors.js';
import { scratchFolder } from '../../files/index.js';
import type { TrainingState } from '../../train/index.js';
import type { StartEvent } from '../events.js';
import { programVersion } from '../record.js';
import type { Team } from './team.js';

/** Whether this process leads: alone, or as worker 0. */
export function leads(cluster: ClusterSpec | undefined): boolean {
  return cluster === undefined || cluster.rank === 0;
}

/** A run folder that is none: temporary, and removed at the end. */
export function temporaryRun(): Run {
  const { path: directory, remove: release } = scratchFolder('gpt-cli-worker-');
  return {
    directory,
    last: join(directory, 'last'),
    best: join(directory, 'best'),
    stable: join(directory, 'stable'),
    staging: directory,
    checkpoint: undefined,
    config: undefined,
    start: async () => ({ append: () => {}, close: () => {} }),
    begin: async () => {},
    release,
  };
}

/** How the run goes, at every worker. */
export interface Orders<C> {
  readonly config: C;
  readonly sources: Sources;
  /** Where the text or data is, as worker 0 was told. */
  readonly inputs: readonly string[];
  /** Rows in a batch of all workers together. */
  readonly wholeBatch: number;
  /** The state that the run resumes from. */
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
  const mine = orders.config as unknown as Record<string, unknown>;
  const machine = Object.fromEntries(own.map((key) => [key, mine[key]]));
  await team.complain(differenceOf({ ...orders, command, version }, told, compare ? Object.keys(machine) : undefined));
  return team.leads ? orders : { ...told, config: { ...told.config, ...machine } };
}

interface Told {
  readonly command: string;
  readonly version: string;
  readonly config: object;
}

/** @param free settings that may differ; without it all of them may */
function differenceOf(mine: Told, told: Told, free: readonly string[] | undefined): GptError | undefined {
  if (told.command !== mine.command || told.version !== mine.version) {
    return new GptError(
      'cluster/different',
      `this is ${mine.command} of gpt-cli ${mine.version}, worker 0 runs ${told.command} of ${told.version}`,
      { hint: 'give every worker the same program and the same command' },
    );
  }
  const here = mine.config as Record<string, unknown>;
  const different = ([key, value]: [string, unknown]) =>
    !free!.includes(key) && JSON.stringify(value) !== JSON.stringify(here[key]);
  const [key, value] = (free && Object.entries(told.config).find(different)) ?? [];
  if (key === undefined) return undefined;
  return new GptError('cluster/different', `${flagName(key)} is ${here[key]} here and ${value} at worker 0`, {
    hint: 'give every worker the same command',
  });
}
