// The workers of a run, as pretraining and finetuning see them. On a single machine every method simply does the work that
// it is given (`alone`); several workers coordinate in Team. Knows no TensorFlow.
import type { Cluster, Part } from '../../cluster/index.js';
import type { State } from '../../engine/types.js';
import type { RunEvent } from '../../events.js';
import type { Tokenizer } from '../../tokenizer/index.js';
import type { Measurement } from '../../train/index.js';

export type Evaluate = (signal?: AbortSignal) => Promise<Measurement | null>;

export interface Workers {
  readonly size: number;
  /** Whether this process holds the run folder, evaluates, saves and reports. */
  readonly leads: boolean;
  /** For the training loop. */
  readonly cluster: Cluster | undefined;
  /** This worker's part of a batch of `whole` rows; undefined: all of it. */
  partOf(whole: number): Part | undefined;
  /**
   * Makes something with a tokenizer once, at the first worker.
   * @param describe what the others get of it besides the tokenizer: plain JSON
   * @param follow makes the same from that, at the others
   */
  makeOnce<T extends { readonly tokenizer: Tokenizer }, D>(
    make: () => AsyncGenerator<RunEvent, T>,
    describe: (made: T) => D,
    follow: (tokenizer: Tokenizer, described: D) => AsyncGenerator<RunEvent, T> | Promise<T>,
  ): AsyncGenerator<RunEvent, T>;
  /**
   * Gives every worker the parameters of the first one.
   * @param resuming the optimizer's slots too
   */
  shareState(state: State, options: { readonly resuming: boolean }): Promise<void>;
  /**
   * @param hash gives 32 bits; not asked for on a single machine
   * @param what it is of: `the text`
   * @throws GptError `cluster/different` at every worker unless all have the same hash
   */
  requireSame(hash: () => number, what: string): Promise<void>;
  /** An evaluation that is made once, and whose result every worker gets. */
  evaluateOnce(evaluate: Evaluate): Evaluate;
  /** Of sums that each worker has over its part, those over all; null when one of them has none. */
  addUp<T extends Readonly<Record<string, number>>>(own: T | null, keys: readonly (keyof T)[]): Promise<T | null>;
  /** The end of a run: nobody leaves while another still waits for an answer. */
  leave(): Promise<void>;
}

/** A run on one machine. */
export const alone: Workers = {
  size: 1,
  leads: true,
  cluster: undefined,
  partOf: () => undefined,
  makeOnce: (make) => make(),
  shareState: async () => {},
  requireSame: async () => {},
  evaluateOnce: (evaluate) => evaluate,
  addUp: async (own) => own,
  leave: async () => {},
};
