// The training state without weights and optimizer slots: plain JSON, kept in a checkpoint, all that a resumed run needs in
// order to do what an unbroken one would.

/** What an evaluator measures. Losses are in nats per token. */
export interface Evaluation {
  readonly trainLoss: number;
  /** Where there is no validation data, the caller's choice: usually the training loss. */
  readonly valLoss: number;
  readonly bitsPerByte: number;
  /** Only when the data has labels. */
  readonly accuracy?: number;
  readonly macroF1?: number;
}

/** What an evaluation gives to look at: the state keeps only its numbers. */
export interface Measurement extends Evaluation {
  readonly confusion?: readonly (readonly number[])[];
}

export interface TrainingState {
  /** Optimizer steps made. */
  readonly iter: number;
  readonly seed: number;
  /** Tokens that the steps were over. */
  readonly tokens: number;
  /** Seconds spent on the run by all processes that worked on it. */
  readonly elapsed: number;
  /** With a time budget: how many steps fit into it, once measured. */
  readonly plannedIters: number | null;
  /** The time budget that `plannedIters` is for, seconds; absent without one and in older states. */
  readonly maxSeconds?: number;
  /** The last evaluation. `iter` below the state's own: the one due there has yet to be made. */
  readonly evaluation: (Evaluation & { readonly iter: number }) | null;
  readonly best: (Evaluation & { readonly iter: number }) | null;
  /** Whether the learning rate has begun to fall from a stable part (`wsd`); absent before and without one. */
  readonly decaying?: boolean;
  /** Evaluations since the best one. */
  readonly staleEvaluations: number;
}

export function initialState(seed: number): TrainingState {
  return {
    iter: 0,
    seed,
    tokens: 0,
    elapsed: 0,
    plannedIters: null,
    evaluation: null,
    best: null,
    staleEvaluations: 0,
  };
}

/** The state of a run that has this time budget now: with another one than before, its planned steps grow in proportion. */
export function withBudget(state: TrainingState, maxSeconds: number): TrainingState {
  const { plannedIters, maxSeconds: before = maxSeconds } = state;
  if (plannedIters === null || before === maxSeconds) return { ...state, maxSeconds };
  return { ...state, maxSeconds, plannedIters: Math.round((plannedIters * maxSeconds) / before) };
}

/** Whether `a` is better than `b`: by accuracy where there is one (then by loss), else by validation loss. NaN never is. */
export function isBetter(a: Evaluation, b: Evaluation | null): boolean {
  if (a.accuracy !== undefined && b?.accuracy !== undefined && a.accuracy !== b.accuracy)
    return a.accuracy > b.accuracy;
  return b === null ? !Number.isNaN(a.valLoss) : a.valLoss < b.valLoss;
}

/** The state after an evaluation. */
export function withEvaluation(state: TrainingState, measured: Measurement): TrainingState {
  const { iter } = state;
  const { confusion: _, ...result } = measured;
  const evaluation = { ...result, iter };
  const best = isBetter(result, state.best);
  return {
    ...state,
    evaluation,
    best: best ? evaluation : state.best,
    staleEvaluations: best ? 0 : state.staleEvaluations + 1,
  };
}
