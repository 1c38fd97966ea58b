// Several workers: worker 0 leads, holds the run folder and shares what it decided with the others, which follow. All make
// the same calls in the same order. Knows no TensorFlow.
import { type Cluster, isCommon, type Part, partOf, share, shareArray } from '../../cluster/index.js';
import type { State } from '../../engine/types.js';
import { GptError } from '../../errors.js';
import type { RunEvent } from '../../events.js';
import { parseTokenizer, type Tokenizer } from '../../tokenizer/index.js';
import type { Evaluate, Workers } from './workers.js';

export class Team implements Workers {
  constructor(readonly cluster: Cluster) {}

  get size(): number {
    return this.cluster.size;
  }

  get rank(): number {
    return this.cluster.rank;
  }

  get leads(): boolean {
    return this.rank === 0;
  }

  partOf(whole: number): Part | undefined {
    return partOf(this.cluster, whole);
  }

  /** Worker 0's value, at every worker. */
  async share<T>(value: T | undefined): Promise<T> {
    return share<T>(this.cluster, value);
  }

  async shareTokenizer(tokenizer: Tokenizer | undefined): Promise<Tokenizer> {
    const shared = await this.share(
      tokenizer && { json: tokenizer.toJSON(), end: tokenizer.decode([tokenizer.endOfText], { special: true }) },
    );
    return tokenizer ?? parseTokenizer(shared.json, 'the tokenizer of worker 0', { endOfText: shared.end });
  }

  async *makeOnce<T extends { readonly tokenizer: Tokenizer }, D>(
    make: () => AsyncGenerator<RunEvent, T>,
    describe: (made: T) => D,
    follow: (tokenizer: Tokenizer, described: D) => AsyncGenerator<RunEvent, T> | Promise<T>,
  ): AsyncGenerator<RunEvent, T> {
    const made = this.leads ? yield* make() : undefined;
    const tokenizer = await this.shareTokenizer(made?.tokenizer);
    const described = await this.share(made && describe(made));
    if (made) return made;
    const following = follow(tokenizer, described);
    return following instanceof Promise ? following : yield* following;
  }

  async shareState(state: State, { resuming }: { readonly resuming: boolean }): Promise<void> {
    for (const { name, shape } of state.specs)
      for (const part of [{ name: 'parameter', shape }, ...(resuming ? state.slots(name) : [])]) {
        const size = part.shape.reduce((product, length) => product * length, 1);
        const data = this.leads ? await state.read(part.name, name) : new Float32Array(size);
        await shareArray(this.cluster, data);
        if (!this.leads) await state.write(part.name, name, data);
      }
  }

  async requireSame(hash: () => number, what: string): Promise<void> {
    if (await isCommon(this.cluster, hash())) return;
    await this.leave();
    throw new GptError('cluster/different', `${what} is not the same at all workers`, {
      hint: 'give every worker the same files and the same command',
    });
  }

  /**
   * Ends the run at every worker when one of them cannot take part.
   * @param problem of this worker, if it has one
   * @throws GptError `cluster/different`: the worker's own problem; at the others, which worker has one
   */
  async requireNoProblem(problem: GptError | undefined): Promise<void> {
    const own = Int32Array.from({ length: this.size }, (_, rank) => (problem && rank === this.rank ? 1 : 0));
    const all = await this.cluster.sum(own);
    const first = all.indexOf(1);
    if (first < 0) return;
    await this.leave();
    if (problem) throw problem;
    throw new GptError('cluster/different', `worker ${first} was started with something else than worker 0`, {
      hint: `worker ${first} reports what is different: give every worker the same command`,
    });
  }

  evaluateOnce(evaluate: Evaluate): Evaluate {
    return async (signal) => this.share(this.leads ? await evaluate(signal) : undefined);
  }

  async addUp<T extends Readonly<Record<string, number>>>(
    own: T | null,
    keys: readonly (keyof T)[],
  ): Promise<T | null> {
    const sums = await this.cluster.sum(Float64Array.of(own ? 0 : 1, ...keys.map((key) => own?.[key] ?? 0)));
    if (sums[0]! > 0) return null;
    return Object.fromEntries(keys.map((key, i) => [key, sums[i + 1]])) as T;
  }

  /** What fails here matters to nobody. */
  async leave(): Promise<void> {
    await this.cluster.sum(Int32Array.of(1)).catch(() => {});
  }
}
