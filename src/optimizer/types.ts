// What an optimizer is told. Knows no memory and no engine.

export interface AdamWOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Largest global gradient norm; 0 turns clipping off. */
  readonly gradClip: number;
}

/** `iteration` counts optimizer steps from 1 (for AdamW's bias correction). */
export interface Update {
  readonly learningRate: number;
  readonly iteration: number;
}

/** One trainable array. */
export interface FlatArray {
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether AdamW decays it. */
  readonly decay: boolean;
  /** What the learning rate is multiplied with for this array, the decay's too. Default 1. */
  readonly learningRateScale?: number;
}
