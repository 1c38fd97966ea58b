// One training step of an engine that computes on the CPU: gradients of the micro-batches into flat memory, then the
// optimizer. Knows nothing of how a gradient is computed.
import { GptError } from '../errors.js';
import { addScratch, gradientNorm, type SpanUpdater, type Update, updateAll } from '../optimizer/index.js';
import { accumulate, type Outputs, resultOf } from './accumulate.js';
import type { HostState } from './host-state.js';
import type { StateLayout } from './layout.js';
import type { Feeds, OptimizerOptions, StepFunction, StepResult, TrainingProgram } from './types.js';

/** Computes one micro-batch: its gradients go to a region of the state's memory, its outputs come back as numbers. */
export type GradientPass = (feeds: Feeds, region: 'gradient' | 'scratch') => Promise<Outputs>;

export interface HostTraining {
  readonly step: StepFunction;
  readonly state: HostState;
  readonly options: OptimizerOptions;
  readonly pass: GradientPass;
  readonly updater: SpanUpdater;
  /** Frees what pass and updater hold. */
  readonly release: () => Promise<void>;
}

/** Joins a gradient pass and the optimizer. */
export function hostTraining({ step, state, options, pass, updater, release }: HostTraining): TrainingProgram {
  const run = async (microBatches: readonly Feeds[], update: Update): Promise<StepResult> => {
    const sums = await accumulate(step, microBatches, async (feeds, first) => {
      const outputs = await pass(feeds, first ? 'gradient' : 'scratch');
      if (!first) addScratch(state.memory!);
      return outputs;
    });
    const result = resultOf(sums, gradientNorm(state.memory!));
    if (result.updated) await updateAll(state.memory!, options, update, result.gradNorm, updater);
    return result;
  };
  return guarded(run, release);
}

/** A training program that checks what it is given and takes one step at a time. */
export function guarded(run: TrainingProgram['step'], release: () => Promise<void>): TrainingProgram {
  let busy = false;
  return {
    async step(microBatches, update) {
      if (microBatches.length === 0) throw new GptError('engine/batch', 'a training step was given no batch');
      if (!(Number.isInteger(update.iteration) && update.iteration > 0))
        throw new GptError('engine/iteration', `steps count from 1, got ${update.iteration}`);
      if (busy) throw new Error('two training steps at once on one state');
      busy = true;
      try {
        return await run(microBatches, update);
      } finally {
        busy = false;
      }
    },
    dispose: release,
  };
}

/** What a step is checked against, wherever its state lives. */
export type Trained = Pick<StateLayout, 'specs' | 'training' | 'trained'>;

/** The names of what is trained; throws `engine/state` when the step does not read one of them. */
export function checkTrained(step: StepFunction, state: Trained): string[] {
  const names = state.trained.map(({ name }) => name);
  if (!state.training) throw new GptError('engine/state', `${step.name} cannot train a state made for inference`);
  const unread = names.find((name) => !step.variables.has(name));
  if (unread !== undefined)
    throw new GptError('engine/state', `${unread} is to be trained, but ${step.name} does not read it`);
  return names;
}

/** Throws `engine/state` when a step reads a variable that the state has not, or in another shape. */
export function checkVariables(step: StepFunction, state: Trained): void {
  const shapes = new Map(state.specs.map(({ name, shape }) => [name, shape.join()]));
  for (const [name, variable] of step.variables)
    if (shapes.get(name) !== variable.shape.join())
      throw new GptError(
        'engine/state',
        `${step.name} reads ${name} of shape [${variable.shape}], the state has ${describe(shapes.get(name))}`,
      );
}

function describe(shape: string | undefined): string {
  return shape === undefined ? 'no such array' : `[${shape}]`;
}
