// What training tells its listeners. Knows no file, no screen: a command turns events into lines, bars and checkpoints.
import type { Evaluation, TrainingState } from './state.js';

export interface StepEvent {
  readonly kind: 'step';
  /** Optimizer steps made so far; this step's number. */
  readonly iter: number;
  /** Of this step. */
  readonly loss: number;
  readonly lr: number;
  /** Before clipping. */
  readonly gradNorm: number;
  /** Over the steps since the last such event; evaluation, saving and the first step (compilation) excluded. */
  readonly tokensPerSecond: number;
  /** Seconds of this process, all included. */
  readonly elapsed: number;
  /** How many steps the run will have, as far as is known: null while a time budget is being measured. */
  readonly total: number | null;
  /** The step function's other outputs. */
  readonly metrics: Readonly<Record<string, number>>;
}

export interface EvalEvent extends Evaluation {
  readonly kind: 'eval';
  readonly iter: number;
  /** Whether this is the best so far: lowest validation loss, or highest accuracy where there is one. */
  readonly best: boolean;
}

/** The listener should save now: the engine's state is that after `iter` steps. Training goes on when the event is consumed. */
export interface SaveEvent {
  readonly kind: 'save';
  readonly iter: number;
  readonly reason: 'interval' | 'best' | 'stable' | 'evaluation' | 'final' | 'interrupt' | 'diverged';
  /** The weights of this step are saved already: only `state` is new, by an evaluation. */
  readonly stateOnly: boolean;
  /** What belongs beside the weights so that the run can go on from here. A copy; plain JSON. */
  readonly state: TrainingState;
}

/** The listener may show a sample now (`sampleInterval`). */
export interface SampleEvent {
  readonly kind: 'sample';
  readonly iter: number;
}

export interface DoneEvent {
  readonly kind: 'done';
  readonly iter: number;
  readonly reason: 'finished' | 'early-stop' | 'time' | 'interrupted' | 'diverged';
  /** Of the last evaluation; NaN when there was none. */
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bestValLoss: number;
  /** Excludes evaluation, saving and compilation. */
  readonly tokensPerSecond: number;
  /** Seconds of this process, all included. */
  readonly elapsed: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
  /** Only when diverged: the step that gave no finite loss or gradient. The state is that before it. */
  readonly failed?: {
    readonly iter: number;
    readonly loss: number;
    readonly gradNorm: number;
    readonly lr: number;
  };
  /** As in a save event: losses of the whole run, the best evaluation. */
  readonly state: TrainingState;
}

export type TrainEvent = StepEvent | EvalEvent | SaveEvent | SampleEvent | DoneEvent;
