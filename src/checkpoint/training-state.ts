// training_state.json: where the run stands and what trained it, with a version, so that an older program never misreads
// a newer file.
import { GptError } from '../errors.js';
import type { TrainingState } from '../train/index.js';
import { type OptimizerRecord, unrecorded } from './optimizer.js';

const format = 'gpt-cli-training-state';
const version = 1;

export interface Recorded {
  readonly training: TrainingState;
  readonly optimizer: OptimizerRecord;
}

export function trainingStateJson(state: TrainingState, optimizer: OptimizerRecord): unknown {
  return { format, version, ...state, optimizer };
}

/** @throws GptError `checkpoint/training-state` for a foreign, newer or damaged file */
export function parseTrainingState(json: unknown, source: string): Recorded {
  const wrong = (what: string, hint?: string) =>
    new GptError('checkpoint/training-state', `${source} ${what}`, hint === undefined ? {} : { hint });
  if (typeof json !== 'object' || json === null) throw wrong('is no JSON object');
  const { format: found, version: foundVersion, optimizer = unrecorded, ...state } = json as Record<string, unknown>;
  if (found !== format) throw wrong(`has the format ${JSON.stringify(found) ?? '(none)'}, expected "${format}"`);
  if (foundVersion !== version) {
    throw wrong(
      `has version ${JSON.stringify(foundVersion)}, this program knows version ${version}`,
      'resume it with the gpt-cli that wrote it, or update this one',
    );
  }
  const numbers: (keyof TrainingState)[] = ['iter', 'seed', 'tokens', 'elapsed', 'staleEvaluations'];
  for (const key of numbers) {
    if (typeof state[key] !== 'number')
      throw wrong(`has ${key} ${JSON.stringify(state[key]) ?? 'missing'}, expected a number`);
  }
  if (typeof state['history'] !== 'object' || state['history'] === null) throw wrong('has no history');
  if (typeof (optimizer as Partial<OptimizerRecord> | null)?.name !== 'string')
    throw wrong(`has optimizer ${JSON.stringify(optimizer)}, expected its name and settings`);
  return { training: revive(state as unknown as TrainingState), optimizer: optimizer as OptimizerRecord };
}

/** JSON has no NaN: it came back as null. */
function revive(state: TrainingState): TrainingState {
  const evaluation = <T extends object>(found: T): T =>
    Object.fromEntries(Object.entries(found).map(([key, value]) => [key, value === null ? Number.NaN : value])) as T;
  const { history } = state;
  return {
    ...state,
    evaluation: state.evaluation && evaluation(state.evaluation),
    best: state.best && evaluation(state.best),
    history: { ...history, evaluations: history.evaluations.map(evaluation) },
  };
}
