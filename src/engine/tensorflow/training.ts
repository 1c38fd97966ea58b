// A step with its gradients and the optimizer's update as functions on resource variables: one function where a step is one
// batch, else one that adds gradients up and one that updates. Batches and scalars go in, losses and norms come out.
import type { OptimizerOptions, Update } from '../../optimizer/index.js';
import { type Graph, gradientName, sizeOf, type TensorSpec } from '../../trace/index.js';
import { accumulate, type Outputs, resultOf, single } from '../accumulate.js';
import { checkFeeds } from '../feeds.js';
import type { Feeds, StepFunction, StepResult, StepUpdate } from '../types.js';
import { type BoundFunction, BoundWriter } from './bound.js';
import { writeGraph } from './compile.js';
import type { Context } from './native/index.js';
import type { VariableState } from './state.js';
import { updateFeeds, writeUpdate } from './update/write.js';
import type { Manner, Ref } from './writer.js';

export interface TrainingParts {
  readonly context: Context;
  readonly step: StepFunction;
  /** With a gradient for each of `names`. */
  readonly graph: Graph;
  readonly names: readonly string[];
  readonly state: VariableState;
  readonly optimizer: OptimizerOptions;
  readonly manner: Manner;
  readonly device?: string | undefined;
}

const scalar: TensorSpec = { shape: [], dtype: 'float32' };
const norm = 'update:norm';
const lossInput = 'update:loss';
/** 0 for the first batch of a step, whose gradients begin new sums. */
const going = 'update:going';

/** What makes the steps of one program. */
export interface Trainer {
  /** Compiles what a step of so many batches takes, by running it on zeros and leaving the state as it is. */
  warmUp(microBatches: number): Promise<void>;
  step(microBatches: readonly Feeds[], update: StepUpdate): Promise<StepResult>;
  dispose(): void;
}

export class Training implements Trainer {
  private fused: BoundFunction | undefined;
  private accumulating: BoundFunction | undefined;
  private updating: BoundFunction | undefined;
  /** The step's own outputs: the loss and others. */
  private readonly metrics: Graph['outputs'];
  private readonly name: string;

  constructor(private readonly parts: TrainingParts) {
    const gradients = new Set(parts.names.map(gradientName));
    this.metrics = parts.graph.outputs.filter((port) => !gradients.has(port.name));
    this.name = parts.step.name;
    for (const { name, value } of this.metrics) single(parts.step, name, { length: sizeOf(value.shape) });
  }

  async warmUp(microBatches: number): Promise<void> {
    const batches = zeroBatches(this.parts.step, Math.min(2, microBatches));
    await this.step(batches, { learningRate: 0, iteration: 1 }, false);
  }

  /** One step; `go` false leaves the state as it is. */
  async step(microBatches: readonly Feeds[], update: Update, go = true): Promise<StepResult> {
    const { parts } = this;
    const coefficients = updateFeeds(parts.optimizer, update, parts.state, go);
    if (microBatches.length === 1) {
      checkFeeds(parts.step, microBatches[0]!);
      this.fused ??= this.writeFused();
      const outputs = await this.fused.run({ ...microBatches[0]!, ...coefficients });
      return resultOf(this.numbersOf(outputs), outputs[norm]![0]!);
    }
    this.accumulating ??= this.writeAccumulating();
    this.updating ??= this.writeUpdating();
    const { accumulating } = this;
    const sums = await accumulate(parts.step, microBatches, (feeds, first) =>
      accumulating.run({ ...feeds, [going]: Float32Array.of(first ? 0 : 1) }),
    );
    const updated = await this.updating.run({ ...coefficients, [lossInput]: Float32Array.of(sums['loss']!) });
    return resultOf(sums, updated[norm]![0]!);
  }

  dispose(): void {
    for (const native of [this.fused, this.accumulating, this.updating]) native?.dispose();
  }

  private numbersOf(outputs: Outputs): Record<string, number> {
    return Object.fromEntries(this.metrics.map(({ name }) => [name, outputs[name]![0]!]));
  }

  private writer(part: string): BoundWriter {
    return new BoundWriter(this.parts.context, `${part} ${this.name}`, this.parts.manner, this.parts.device);
  }

  private writeFused(): BoundFunction {
    const { state, optimizer } = this.parts;
    const writer = this.writer('step');
    const outputs = this.writeStep(writer);
    const gradients = this.parts.names.map((name) => ({ name, gradient: outputs.get(gradientName(name))! }));
    writer.output(norm, scalar, writeUpdate(writer, state, gradients, outputs.get('loss')!, optimizer));
    return writer.finish();
  }

  private writeAccumulating(): BoundFunction {
    const writer = this.writer('gradients');
    const { tf } = writer;
    const outputs = this.writeStep(writer);
    const adding = tf.op('Greater', [writer.input(going, scalar), tf.scalar(0)]);
    for (const name of this.parts.names) {
      const sum = this.parts.state.gradientSum(name);
      const gradient = outputs.get(gradientName(name))!;
      writer.assign(sum, tf.op('SelectV2', [adding, tf.op('AddV2', [writer.read(sum), gradient]), gradient]));
    }
    return writer.finish();
  }

  private writeUpdating(): BoundFunction {
    const { state, optimizer, names } = this.parts;
    const writer = this.writer('update');
    const loss = writer.input(lossInput, scalar);
    const gradients = names.map((name) => ({ name, gradient: writer.read(this.parts.state.gradientSum(name)) }));
    writer.output(norm, scalar, writeUpdate(writer, state, gradients, loss, optimizer));
    return writer.finish();
  }

  /** The step's own computation, its metrics being outputs. */
  private writeStep(writer: BoundWriter): ReadonlyMap<string, Ref> {
    const { graph, step, state } = this.parts;
    const variable = (name: string) =>
      Object.hasOwn(step.inputs, name) ? undefined : state.variable('parameter', name);
    const outputs = writeGraph(writer, graph, variable);
    for (const { name, value } of this.metrics) writer.output(name, value, outputs.get(name)!);
    return outputs;
  }
}

/** Batches that compute something at least: every number is 0, totals are 1. */
export function zeroBatches({ inputs }: StepFunction, count: number): Feeds[] {
  const zeros = Object.entries(inputs).map(([name, { shape, dtype }]) => {
    const size = sizeOf(shape);
    return [name, dtype === 'float32' ? new Float32Array(size).fill(1) : new Int32Array(size)] as const;
  });
  return Array.from({ length: count }, () => Object.fromEntries(zeros));
}
