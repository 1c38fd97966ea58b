// What the training loop yields: the events of a run (src/events.ts), and two requests that the run answers, since the loop
// knows no files and no models.
import type { DoneEvent, EvalEvent, StepEvent } from '../events.js';
import type { TrainingState } from './state.js';

/** Request to save now: the engine's state is that after `iter` steps. Training continues when the event is consumed. */
export interface SaveRequest {
  readonly event: 'save';
  readonly iter: number;
  readonly reason: 'interval' | 'best' | 'stable' | 'evaluation' | 'final' | 'interrupt' | 'diverged';
  /** The weights of this step are saved already: only `state` is new, by an evaluation. */
  readonly stateOnly: boolean;
  /** What is saved with the weights so that the run can be resumed from here. A copy; plain JSON. */
  readonly state: TrainingState;
}

/** Request to generate a sample now (`sampleInterval`). */
export interface SampleRequest {
  readonly event: 'sample-due';
  readonly iter: number;
}

/** The end of the loop: a DoneEvent without what only the run knows. Losses are NaN without an evaluation. */
export interface LoopEnd extends Omit<DoneEvent, 'reason' | 'peakMemoryMB' | 'out'> {
  readonly reason: DoneEvent['reason'] | 'diverged';
  /** Only when diverged: the step whose loss or gradient was not finite. The state is that before it. */
  readonly failed?: {
    readonly iter: number;
    readonly loss: number;
    readonly gradNorm: number;
    readonly lr: number;
  };
  /** As in a save request. */
  readonly state: TrainingState;
}

export type TrainEvent = StepEvent | EvalEvent | SaveRequest | SampleRequest | LoopEnd;
