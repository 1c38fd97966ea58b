// How several workers agree on one run: worker 0 opens it, the others take over its plan, each with the settings of its
// own machine. The run folder is worker 0's; the others have a temporary one for their tokens.
import { join } from 'node:path';
import type { Run } from '../../checkpoint/index.js';
import { flagName, programVersion, type TrainCommand } from '../../config/index.js';
import { GptError } from '../../errors.js';
import { scratchFolder } from '../../files/index.js';
import type { RunPlan } from '../run-plan.js';
import type { Team } from './team.js';

/** Looks like a run folder; removed at the end. Nothing is logged or saved in it. */
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

/** Settings of each worker's machine. */
const own = ['backend', 'device', 'threads', 'verbose', 'waitForWorkers'] as const;

/**
 * @param plan worker 0's; at the others, what they would do, of which only the settings of the machine count
 * @param compare whether the others' settings must be worker 0's: in a new run, which all begin with one command
 * @throws GptError `cluster/different`
 */
export async function agreeOn<C extends TrainCommand>(
  team: Team,
  command: C,
  plan: RunPlan<C>,
  compare: boolean,
): Promise<RunPlan<C>> {
  const version = programVersion();
  const first = await team.share({ ...plan, command, version });
  const mine = plan.config as unknown as Record<string, unknown>;
  const machine = Object.fromEntries(own.map((key) => [key, mine[key]]));
  const free = compare ? Object.keys(machine) : undefined;
  await team.requireNoProblem(differenceOf({ ...plan, command, version }, first, free));
  return team.leads ? plan : { ...first, config: { ...first.config, ...machine } };
}

interface Start {
  readonly command: string;
  readonly version: string;
  readonly config: object;
}

/** @param free settings that may differ; without it all of them may */
function differenceOf(mine: Start, first: Start, free: readonly string[] | undefined): GptError | undefined {
  if (first.command !== mine.command || first.version !== mine.version) {
    return new GptError(
      'cluster/different',
      `this is ${mine.command} of gpt-cli ${mine.version}, worker 0 runs ${first.command} of ${first.version}`,
      { hint: 'give every worker the same program and the same command' },
    );
  }
  const here = mine.config as Record<string, unknown>;
  const different = ([key, value]: [string, unknown]) =>
    !free!.includes(key) && JSON.stringify(value) !== JSON.stringify(here[key]);
  const [key, value] = (free && Object.entries(first.config).find(different)) ?? [];
  if (key === undefined) return undefined;
  return new GptError('cluster/different', `${flagName(key)} is ${here[key]} here and ${value} at worker 0`, {
    hint: 'give every worker the same command',
  });
}
