// training_state.json: where the run stands and what trained it, with a version, so that an older program never misreads
// a newer file.
import { z } from 'zod';
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
  if (typeof json !== 'object' || json === null) throw wrong('is not a JSON object');
  const { format: found, version: foundVersion, optimizer = unrecorded, ...state } = json as Record<string, unknown>;
  if (found !== format) throw wrong(`has the format ${JSON.stringify(found) ?? '(none)'}, expected "${format}"`);
  if (foundVersion !== version) {
    throw wrong(
      `has version ${JSON.stringify(foundVersion)}, this program knows version ${version}`,
      'resume it with the gpt-cli that wrote it, or update this one',
    );
  }
  const parsed = stateSchema.safeParse(state);
  if (!parsed.success) {
    const { path = [], message = '' } = parsed.error.issues[0] ?? {};
    throw wrong(`has a wrong ${path.join('.')}: ${message}`);
  }
  if (typeof (optimizer as Partial<OptimizerRecord> | null)?.name !== 'string')
    throw wrong(`has optimizer ${JSON.stringify(optimizer)}, expected its name and settings`);
  return { training: parsed.data as TrainingState, optimizer: optimizer as OptimizerRecord };
}

/** JSON has no NaN: it came back as null. */
const measured = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const count = z.number().int().nonnegative();
const evaluation = z.object({
  iter: count,
  trainLoss: measured,
  valLoss: measured,
  bitsPerByte: measured,
  accuracy: measured.optional(),
  macroF1: measured.optional(),
});
const stateSchema = z.object({
  iter: count,
  seed: z.number().int(),
  tokens: z.number().nonnegative(),
  elapsed: z.number().nonnegative(),
  plannedIters: count.nullable(),
  maxSeconds: z.number().positive().optional(),
  evaluation: evaluation.nullable(),
  best: evaluation.nullable(),
  decaying: z.boolean().optional(),
  staleEvaluations: count,
});
