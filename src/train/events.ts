// What training tells its listeners. Knows no file, no screen: a command turns events into lines, bars and checkpoints.

export interface StepEvent {
  readonly kind: 'step';
  readonly iter: number;
  readonly loss: number;
  readonly lr: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  /** Seconds of this process, all included. */
  readonly elapsed: number;
}

export interface EvalEvent {
  readonly kind: 'eval';
  readonly iter: number;
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bitsPerByte: number;
  /** Only when the data has labels. */
  readonly accuracy?: number;
  readonly macroF1?: number;
  /** Whether this is the best so far: lowest validation loss, or highest accuracy where there is one. */
  readonly best: boolean;
}

/** The listener should save now: the state is that after `iter` steps. Training goes on when the event is consumed. */
export interface SaveEvent {
  readonly kind: 'save';
  readonly iter: number;
  readonly reason: 'interval' | 'best' | 'final' | 'interrupt' | 'diverged';
}

export interface DoneEvent {
  readonly kind: 'done';
  readonly iter: number;
  readonly reason: 'finished' | 'early-stop' | 'time' | 'interrupted' | 'diverged';
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bestValLoss: number;
  /** Excludes evaluation, saving and compilation. */
  readonly tokensPerSecond: number;
  readonly elapsed: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
}

export type TrainEvent = StepEvent | EvalEvent | SaveEvent | DoneEvent;
