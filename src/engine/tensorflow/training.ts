// A step with its gradients and the optimizer's update as functions on resource variables: one function where a step is one
// batch, else one that adds gradients up and one that updates. Batches and scalars go in, losses and norms come out.
import type { Update } from '../../optimizer/index.js';
import type { TensorSpec } from '../../trace/index.js';
import { type Outputs, resultOf } from '../accumulate.js';
import { checkFeeds } from '../feeds.js';
import type { Feeds, StepResult, StepUpdate } from '../types.js';
import type { BoundFunction } from './bound.js';
import { StepWriter, type TrainingParts, zeroBatches } from './step.js';
import { updateFeeds, writeUpdate } from './update/write.js';

const scalar: TensorSpec = { shape: [], dtype: 'float32' };
const norm = 'update:norm';
const lossInput = 'update:loss';

/** What makes the steps of one program. */
export interface Trainer {
  /** Compiles what a step of so many batches takes, by running it on zeros and leaving the state as it is. */
  warmUp(microBatches: number): Promise<void>;
  step(microBatches: readonly Feeds[], update: StepUpdate): Promise<StepResult>;
  dispose(): void;
}

export class Training implements Trainer {
  private fused: BoundFunction | undefined;
  private updating: BoundFunction | undefined;
  private readonly own: StepWriter;

  constructor(private readonly parts: TrainingParts) {
    this.own = new StepWriter(parts);
  }

  async warmUp(microBatches: number): Promise<void> {
    const batches = zeroBatches(this.parts.step, Math.min(2, microBatches));
    await this.step(batches, { learningRate: 0, iteration: 1 }, false);
  }

  /** One step; `go` false leaves the state as it is. */
  async step(microBatches: readonly Feeds[], update: Update, go = true): Promise<StepResult> {
    const { step, optimizer, state } = this.parts;
    const scalars = updateFeeds(optimizer, update, state, go);
    if (microBatches.length === 1) {
      checkFeeds(step, microBatches[0]!);
      this.fused ??= this.writeFused();
      const outputs = await this.fused.run({ ...microBatches[0]!, ...scalars });
      return resultOf(this.numbersOf(outputs), outputs[norm]![0]!);
    }
    const sums = await this.own.accumulate(microBatches);
    this.updating ??= this.writeUpdating();
    const updated = await this.updating.run({ ...scalars, [lossInput]: Float32Array.of(sums['loss']!) });
    return resultOf(sums, updated[norm]![0]!);
  }

  dispose(): void {
    for (const native of [this.fused, this.own, this.updating]) native?.dispose();
  }

  private numbersOf(outputs: Outputs): Record<string, number> {
    return Object.fromEntries(this.own.metrics.map((name) => [name, outputs[name]![0]!]));
  }

  private writeFused(): BoundFunction {
    const { own, parts } = this;
    const writer = own.begin('step');
    const outputs = own.write(writer);
    own.outputMetrics(writer, outputs);
    const gradients = own.gradients(outputs);
    writer.output(norm, scalar, writeUpdate(writer, parts.state, gradients, outputs.get('loss')!, parts.optimizer));
    return writer.finish();
  }

  private writeUpdating(): BoundFunction {
    const { own, parts } = this;
    const writer = own.begin('update');
    const loss = writer.input(lossInput, scalar);
    writer.output(norm, scalar, writeUpdate(writer, parts.state, own.sums(writer), loss, parts.optimizer));
    return writer.finish();
  }
}
