// A step's own computation as parts of functions: its loss, metrics and gradients, and the sums of its micro-batches'
// gradients. One worker and several write their steps with it.
import type { OptimizerOptions } from '../../optimizer/index.js';
import { type Graph, gradientName, sizeOf, type TensorSpec } from '../../trace/index.js';
import { accumulate, single } from '../accumulate.js';
import type { Feeds, StepFunction } from '../types.js';
import { type BoundFunction, BoundWriter } from './bound.js';
import { writeGraph } from './compile.js';
import type { Context } from './native/index.js';
import type { VariableState } from './state.js';
import type { GradientSum } from './update/write.js';
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
/** 0 for the first batch of a step, whose gradients begin new sums; apart from the names of a step's own inputs. */
const adding = 'update:adding';

export class StepWriter {
  /** The step's own outputs: the loss and others. */
  readonly metrics: readonly string[];
  private accumulating: BoundFunction | undefined;

  constructor(readonly parts: TrainingParts) {
    const { graph, names, step } = parts;
    const gradients = new Set(names.map(gradientName));
    const outputs = graph.outputs.filter(({ name }) => !gradients.has(name));
    for (const { name, value } of outputs) single(step, name, { length: sizeOf(value.shape) });
    this.metrics = outputs.map(({ name }) => name);
  }

  /** A new function of this step. */
  begin(part: string): BoundWriter {
    const { context, step, manner, device } = this.parts;
    return new BoundWriter(context, `${part} ${step.name}`, manner, device);
  }

  /** Writes loss, metrics and gradients of a batch. */
  write(writer: BoundWriter): ReadonlyMap<string, Ref> {
    const { graph, step, state } = this.parts;
    return writeGraph(writer, graph, (name) =>
      Object.hasOwn(step.inputs, name) ? undefined : state.variable('parameter', name),
    );
  }

  outputMetrics(writer: BoundWriter, outputs: ReadonlyMap<string, Ref>): void {
    for (const name of this.metrics) writer.output(name, scalar, outputs.get(name)!);
  }

  /** Those of the batch that `write` wrote. */
  gradients(outputs: ReadonlyMap<string, Ref>): GradientSum[] {
    return this.parts.names.map((name) => ({ name, gradient: outputs.get(gradientName(name))! }));
  }

  /** Those that `accumulate` summed up. */
  sums(writer: BoundWriter): GradientSum[] {
    const { names, state } = this.parts;
    return names.map((name) => ({ name, gradient: writer.read(state.gradientSum(name)) }));
  }

  /** Sums up the gradients of micro-batches in variables; gives the sums of the metrics. */
  accumulate(microBatches: readonly Feeds[]): Promise<Record<string, number>> {
    this.accumulating ??= this.writeAccumulating();
    const { accumulating } = this;
    return accumulate(this.parts.step, microBatches, (feeds, first) =>
      accumulating.run({ ...feeds, [adding]: Float32Array.of(first ? 0 : 1) }),
    );
  }

  dispose(): void {
    this.accumulating?.dispose();
  }

  private writeAccumulating(): BoundFunction {
    const writer = this.begin('accumulate');
    const { tf } = writer;
    const outputs = this.write(writer);
    const going = tf.op('Greater', [writer.input(adding, scalar), tf.scalar(0)]);
    for (const { name, gradient } of this.gradients(outputs)) {
      const sum = this.parts.state.gradientSum(name);
      writer.assign(sum, tf.op('SelectV2', [going, tf.op('AddV2', [writer.read(sum), gradient]), gradient]));
    }
    this.outputMetrics(writer, outputs);
    return writer.finish();
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
