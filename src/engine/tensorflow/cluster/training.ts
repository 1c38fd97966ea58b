// A training step of several workers: gradients of the own batch (a function), their sum over the workers (a collective
// operation, which XLA does not run), the same update at every worker (a function). Losses, metrics and votes travel
// at the head of the gradients.
import type { Update } from '../../../optimizer/index.js';
import { gradientName, type TensorSpec } from '../../../trace/index.js';
import { resultOf } from '../../accumulate.js';
import { checkFeeds } from '../../feeds.js';
import type { Feeds, StepResult, StepUpdate } from '../../types.js';
import type { BoundFunction, BoundWriter } from '../bound.js';
import type { TensorHandle } from '../native/index.js';
import { StepWriter, type TrainingParts, zeroBatches } from '../step.js';
import type { Trainer } from '../training.js';
import { updateFeeds, writeUpdate } from '../update/write.js';
import type { Ref } from '../writer.js';
import { concat, type Layout, layoutOf, readBuckets, slice, writeBuckets } from './buckets.js';
import type { Collectives } from './collectives.js';

const scalar: TensorSpec = { shape: [], dtype: 'float32' };
/** Apart from the names of a step's own inputs. */
const votesInput = 'cluster:votes';
const metricsInput = 'cluster:metrics';
const bucketName = (bucket: number) => `cluster:bucket ${bucket}`;

/** The most votes of a step. */
const votesMost = 4;

interface Updating {
  readonly voters: number;
  /** False leaves the state as it is. */
  readonly go: boolean;
}

export class SharedTraining implements Trainer {
  private readonly own: StepWriter;
  private readonly layout: Layout;
  private readonly functions = new Map<string, BoundFunction>();

  constructor(
    private readonly parts: TrainingParts,
    private readonly collectives: Collectives,
    private readonly device = 'CPU:0',
  ) {
    const { names, state } = parts;
    this.own = new StepWriter(parts);
    this.layout = layoutOf(
      names.map((name) => state.specOf(name)),
      this.own.metrics.length + votesMost,
    );
  }

  /** Without the other workers: each compiles in its own time. */
  async warmUp(microBatches: number): Promise<void> {
    const batches = zeroBatches(this.parts.step, Math.min(2, microBatches));
    const own = await this.ownBuckets(batches, new Float32Array(votesMost));
    await this.update(own, { learningRate: 0, iteration: 1 }, { voters: 0, go: false });
  }

  /** One step of all workers. */
  async step(microBatches: readonly Feeds[], update: StepUpdate): Promise<StepResult> {
    const { votes = [] } = update;
    if (votes.length > votesMost) throw new Error(`${votes.length} votes, the maximum is ${votesMost}`);
    const own = await this.ownBuckets(
      microBatches,
      Float32Array.from({ length: votesMost }, (_, i) => votes[i] ?? 0),
    );
    return this.update(await this.reduce(own), update, { voters: votes.length, go: true });
  }

  /** Updates the state by what is in the buckets, and frees them. */
  private async update(
    buckets: readonly TensorHandle[],
    update: Update,
    { voters, go }: Updating,
  ): Promise<StepResult> {
    try {
      const scalars = updateFeeds(this.parts.optimizer, update, this.parts.state, go);
      const given = Object.fromEntries(buckets.map((handle, bucket) => [bucketName(bucket), handle]));
      const function_ = this.function('update', () => this.writeUpdate());
      return this.resultOf(await function_.runToHandles({ ...scalars, ...given }), voters);
    } finally {
      for (const handle of buckets) handle.dispose();
    }
  }

  dispose(): void {
    this.own.dispose();
    for (const each of this.functions.values()) each.dispose();
    this.functions.clear();
  }

  /** This worker's sums over its batches. */
  private async ownBuckets(microBatches: readonly Feeds[], votes: Float32Array): Promise<TensorHandle[]> {
    if (microBatches.length === 1) {
      checkFeeds(this.parts.step, microBatches[0]!);
      const gradients = this.function('gradients', () => this.writeGradients());
      return gradients.runToHandles({ ...microBatches[0]!, [votesInput]: votes });
    }
    const sums = await this.own.accumulate(microBatches);
    const metrics = Float32Array.from(this.own.metrics, (name) => sums[name]!);
    const flatten = this.function('flatten', () => this.writeFlattening());
    return flatten.runToHandles({ [metricsInput]: metrics, [votesInput]: votes });
  }

  /** One bucket after the other; what goes in is freed. */
  private async reduce(own: readonly TensorHandle[]): Promise<TensorHandle[]> {
    const summed: TensorHandle[] = [];
    const { lengths } = this.layout;
    try {
      for (const [bucket, handle] of own.entries())
        summed.push(
          await this.collectives.reduce(handle, 'float32', lengths[bucket]!, bucketName(bucket), this.device),
        );
      return summed;
    } catch (error) {
      for (const handle of summed) handle.dispose();
      throw error;
    } finally {
      for (const handle of own) handle.dispose();
    }
  }

  private resultOf(results: readonly TensorHandle[], voters: number): StepResult {
    const [norm, head] = results.map((handle) => {
      const numbers = handle.read('float32');
      handle.dispose();
      return numbers;
    });
    const sums = Object.fromEntries(this.own.metrics.map((name, i) => [name, head![i]!]));
    const votes = Array.from({ length: voters }, (_, i) => head![this.own.metrics.length + i]!);
    return { ...resultOf(sums, norm![0]!), votes };
  }

  private function(part: string, write: () => BoundFunction): BoundFunction {
    const known = this.functions.get(part) ?? write();
    this.functions.set(part, known);
    return known;
  }

  /** Gradients of one batch, in buckets. */
  private writeGradients(): BoundFunction {
    const writer = this.own.begin('gradients');
    const { tf } = writer;
    const outputs = this.own.write(writer);
    const metrics = this.own.metrics.map((name) => tf.op('Reshape', [outputs.get(name)!, tf.ints([1])]));
    const head = concat(tf, [...metrics, writer.input(votesInput, { shape: [votesMost], dtype: 'float32' })]);
    this.outputBuckets(writer, head, (name) => outputs.get(gradientName(name))!);
    return writer.finish();
  }

  private writeFlattening(): BoundFunction {
    const writer = this.own.begin('flatten');
    const metrics = writer.input(metricsInput, { shape: [this.own.metrics.length], dtype: 'float32' });
    const votes = writer.input(votesInput, { shape: [votesMost], dtype: 'float32' });
    this.outputBuckets(writer, concat(writer.tf, [metrics, votes]), (name) =>
      writer.read(this.parts.state.gradientSum(name)),
    );
    return writer.finish();
  }

  private writeUpdate(): BoundFunction {
    const { state, optimizer, names } = this.parts;
    const writer = this.own.begin('update');
    const { tf } = writer;
    const { head, lengths } = this.layout;
    const buckets = lengths.map((length, i) => writer.input(bucketName(i), { shape: [length], dtype: 'float32' }));
    const sums = readBuckets(tf, this.layout, buckets);
    const loss = tf.op('Reshape', [slice(tf, buckets[0]!, this.own.metrics.indexOf('loss'), 1), tf.ints([])]);
    const gradients = names.map((name) => ({ name, gradient: sums.get(name)! }));
    writer.output('norm', scalar, writeUpdate(writer, state, gradients, loss, optimizer));
    writer.output('head', { shape: [head], dtype: 'float32' }, slice(tf, buckets[0]!, 0, head));
    return writer.finish();
  }

  private outputBuckets(writer: BoundWriter, head: Ref, gradient: (name: string) => Ref): void {
    const { lengths } = this.layout;
    for (const [i, ref] of writeBuckets(writer.tf, this.layout, head, gradient).entries())
      writer.output(bucketName(i), { shape: [lengths[i]!], dtype: 'float32' }, ref);
  }
}
