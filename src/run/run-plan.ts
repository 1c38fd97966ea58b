// How a training run goes: what every worker of it must know before it reads data or makes a model.
import type { ConfigOf, Resolved, Sources, TrainCommand } from '../config/index.js';
import { type SplitRule, splitRule } from '../dataset/index.js';
import type { GptConfig } from '../model/gpt-config.js';
import type { TrainingState } from '../train/index.js';
import { inputsOf, type SavedRun } from './record.js';
import { wholeBatchOf } from './resume.js';

export interface RunPlan<C extends TrainCommand> {
  readonly config: ConfigOf[C];
  /** Where each setting came from. */
  readonly sources: Sources;
  /** The text or the data: as it is named now, else as the run was started with. */
  readonly inputs: readonly string[];
  /** Rows in a batch of all workers together. */
  readonly wholeBatch: number;
  /** Whether the model and what nobody gave are chosen for the time that the run has. */
  readonly open: boolean;
  /** The state that the run resumes from. */
  readonly resumed: TrainingState | null;
  /** The model whose weights the run begins with. */
  readonly base: GptConfig | null;
  /** Of finetuning: how a part of the data is held out. A resumed run keeps the rule that it was started with. */
  readonly splitRule: SplitRule;
}

/**
 * @param inputs that are named now; empty where the run's own are used
 * @param saved the record of the run that is resumed
 * @param workers how many work on the run
 */
export function planRun<C extends TrainCommand>(
  { values: config, sources, open }: Resolved<C>,
  inputs: readonly string[],
  saved: SavedRun | undefined,
  workers: number,
): Omit<RunPlan<C>, 'resumed' | 'base'> {
  return {
    config,
    sources,
    open: open && saved === undefined,
    inputs: inputs.length > 0 ? inputs : inputsOf(saved),
    wholeBatch: wholeBatchOf(saved, config, workers),
    // Runs from before the rule had a version began with the first one.
    splitRule: saved ? (saved.splitRule ?? 1) : splitRule,
  };
}
