// Notices that a model overfits its training text: the held-out loss rises while the training loss still falls. Knows
// evaluations alone.
import type { Evaluation } from './state.js';

type Evaluated = Pick<Evaluation, 'trainLoss' | 'valLoss'> & { readonly iter: number };

export interface Overfitting {
  /** The evaluation with the lowest held-out loss. */
  readonly best: Evaluated;
  /** The one at which it was noticed. */
  readonly now: Evaluated;
}

/** Evaluations in a row that are worse than the one before, and by how much the last is worse than the best. */
const rises = 3;
const margin = 1.01;

export class OverfittingWatch {
  private rising = 0;
  private previous: Evaluated | undefined;
  private noticed = false;

  /** @param best the best evaluation so far, of a resumed run */
  constructor(private best: Evaluated | null) {}

  /** The evaluation at which overfitting is certain: once in a run. */
  add(now: Evaluated): Overfitting | undefined {
    const { best, previous } = this;
    this.previous = now;
    if (best === null || now.valLoss < best.valLoss) {
      this.best = now;
      this.rising = 0;
      return undefined;
    }
    this.rising = now.valLoss > (previous ?? best).valLoss ? this.rising + 1 : 0;
    const certain = this.rising >= rises && now.valLoss > margin * best.valLoss && now.trainLoss < best.trainLoss;
    if (!certain || this.noticed) return undefined;
    this.noticed = true;
    return { best, now };
  }
}
