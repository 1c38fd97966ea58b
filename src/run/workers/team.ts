// The workers of a run, as pretraining and finetuning see them: worker 0 leads, holds the run folder and tells the others
// what it decided; they follow. A run without others is a team of one. Knows no TensorFlow.
import { type Cluster, isCommon, type Part, partOf, share, shareArray } from '../../cluster/index.js';
import type { State } from '../../engine/types.js';
import { GptError } from '../../errors.js';
import { parseTokenizer, type Tokenizer } from '../../tokenizer/index.js';
import type { Evaluation } from '../../train/index.js';

type Evaluate = (signal?: AbortSignal) => Promise<Evaluation | null>;

export class Team {
  constructor(readonly cluster?: Cluster) {}

  get size(): number {
    return this.cluster?.size ?? 1;
  }

  get rank(): number {
    return this.cluster?.rank ?? 0;
  }

  /** Whether this worker holds the run folder, evaluates, saves and reports. */
  get leads(): boolean {
    return this.rank === 0;
  }

  /** This worker's part of a batch of `whole` rows. */
  partOf(whole: number): Part | undefined {
    return partOf(this.cluster, whole);
  }

  /** What worker 0 says, at every worker; only its value counts. */
  async share<T>(value: T | undefined): Promise<T> {
    return this.cluster ? share<T>(this.cluster, value) : value!;
  }

  async shareTokenizer(tokenizer: Tokenizer | undefined): Promise<Tokenizer> {
    if (!this.cluster) return tokenizer!;
    const told = await share(
      this.cluster,
      tokenizer && { json: tokenizer.toJSON(), end: tokenizer.decode([tokenizer.endOfText], { special: true }) },
    );
    return tokenizer ?? parseTokenizer(told.json, 'the tokenizer of worker 0', { endOfText: told.end });
  }

  /**
   * Gives every worker the numbers of worker 0.
   * @param resuming those of the optimizer's slots too
   */
  async shareState(state: State, { resuming }: { resuming: boolean }): Promise<void> {
    if (!this.cluster) return;
    for (const { name, shape } of state.specs)
      for (const part of [{ name: 'parameter', shape }, ...(resuming ? state.slots(name) : [])]) {
        const size = part.shape.reduce((product, length) => product * length, 1);
        const data = this.leads ? await state.read(part.name, name) : new Float32Array(size);
        await shareArray(this.cluster, data);
        if (!this.leads) await state.write(part.name, name, data);
      }
  }

  /**
   * Makes sure that all workers have the same.
   * @param hash of 32 bits
   * @param what it is of: `the text`
   * @throws GptError `cluster/different` at every worker
   */
  async requireCommon(hash: number, what: string): Promise<void> {
    if (!this.cluster || (await isCommon(this.cluster, hash))) return;
    await this.leave();
    throw new GptError('cluster/different', `${what} is not the same at all workers`, {
      hint: 'give every worker the same files and the same command',
    });
  }

  /**
   * Ends the run at every worker when one of them cannot go on as it was started.
   * @param complaint of this worker, if it has one
   * @throws GptError `cluster/different`: the own complaint, at the others who has one
   */
  async complain(complaint: GptError | undefined): Promise<void> {
    if (!this.cluster) return;
    const own = Int32Array.from({ length: this.size }, (_, rank) => (complaint && rank === this.rank ? 1 : 0));
    const all = await this.cluster.sum(own);
    const first = all.indexOf(1);
    if (first < 0) return;
    await this.leave();
    if (complaint) throw complaint;
    throw new GptError('cluster/different', `worker ${first} was started with something else than worker 0`, {
      hint: 'it says itself what is different: give every worker the same command',
    });
  }

  /** An evaluation that worker 0 makes and the others hear of. */
  evaluateFirst(evaluate: Evaluate): Evaluate {
    if (!this.cluster) return evaluate;
    return async (signal) => this.share(this.leads ? await evaluate(signal) : undefined);
  }

  /** Of sums that each worker has over its part, those over all; null when one of them has none. */
  async addUp<T extends Readonly<Record<string, number>>>(
    own: T | null,
    keys: readonly (keyof T)[],
  ): Promise<T | null> {
    if (!this.cluster) return own;
    const sums = await this.cluster.sum(Float64Array.of(own ? 0 : 1, ...keys.map((key) => own?.[key] ?? 0)));
    if (sums[0]! > 0) return null;
    return Object.fromEntries(keys.map((key, i) => [key, sums[i + 1]])) as T;
  }

  /**
   * The end of a run that ended alike for all: nobody leaves while another still waits for an answer. What fails now matters to
   * nobody.
   */
  async leave(): Promise<void> {
    await this.cluster?.sum(Int32Array.of(1)).catch(() => {});
  }
}
