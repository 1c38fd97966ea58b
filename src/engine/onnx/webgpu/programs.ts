// Programs on a state that lives on a device. Batches and scalars go there, losses and norms come back, nothing else
// crosses: gradients, slots and parameters stay.
import { clipScale, scalarsOf, type Update } from '../../../optimizer/index.js';
import { type Graph, gradientName, sizeOf } from '../../../trace/index.js';
import { accumulate, resultOf } from '../../accumulate.js';
import { checkFeeds } from '../../feeds.js';
import { guarded } from '../../host-training.js';
import type {
  ArraySpec,
  Feeds,
  OptimizerOptions,
  Program,
  StepFunction,
  StepResult,
  TrainingProgram,
} from '../../types.js';
import { port, squaresGraph, sumGraph, updateGraph } from '../../update/graph.js';
import type { ArrayGroup } from '../../update/groups.js';
import { prepared } from '../graphs.js';
import { type DeviceTensor, GraphSession, type SessionOptions } from '../session.js';
import type { DeviceState } from './state.js';

type Gradients = Record<string, DeviceTensor>;

/** Numbers in a group of arrays that are updated at once: the old and the new ones are there together meanwhile. */
const groupSize = 2 ** 25;

/** A graph without gradients. */
export async function deviceProgram(
  step: StepFunction,
  graph: Graph,
  state: DeviceState,
  options: SessionOptions,
): Promise<Program> {
  const session = await GraphSession.open(graph, options);
  const parameters = parametersOf(graph, step);
  return {
    run: async (feeds) => {
      checkFeeds(step, feeds);
      return session.run({ ...feeds, ...given(state, parameters) });
    },
    dispose: () => session.release(),
  };
}

/** @param graph the step with a gradient for each array that the state trains, as `trace` gives it */
export async function deviceTraining(
  step: StepFunction,
  graph: Graph,
  state: DeviceState,
  optimizer: OptimizerOptions,
  options: SessionOptions,
): Promise<TrainingProgram> {
  const groups = state.groups.flatMap(divided);
  const gradients = new Map(state.trained.map(({ name }) => [gradientName(name), name]));
  const parameters = parametersOf(graph, step);
  const pass = await GraphSession.open(graph, { ...options, onDevice: (output) => gradients.has(output) });
  const { profile: _, ...plain } = options;
  const parts = await Promise.all(groups.map((group) => Group.open(group, optimizer, plain)));

  /** Adds the gradients of one micro-batch to those before it. */
  const addGradients = async (feeds: Feeds, before: Gradients | undefined) => {
    const { onHost, onDevice } = await pass.runOnDevice({ ...feeds, ...given(state, parameters) });
    const entries = Object.entries(onDevice).map(([output, tensor]) => [gradients.get(output)!, tensor] as const);
    const found: Gradients = Object.fromEntries(entries);
    if (before) for (const part of parts) await part.addTo(found, before);
    return { outputs: onHost, found };
  };

  const run = async (microBatches: readonly Feeds[], update: Update): Promise<StepResult> => {
    let sum: Gradients | undefined;
    try {
      const sums = await accumulate(step, microBatches, async (feeds) => {
        const { outputs, found } = await addGradients(feeds, sum);
        sum = found;
        return outputs;
      });
      let squares = 0;
      for (const part of parts) squares += await part.squares(sum!);
      const result = resultOf(sums, Math.sqrt(squares));
      const scale = clipScale(result.gradNorm, optimizer.gradClip);
      for (const part of result.updated ? parts : []) await part.update(state, sum!, update, scale);
      return result;
    } finally {
      for (const tensor of Object.values(sum ?? {})) tensor.dispose();
    }
  };
  return guarded(run, async () => {
    await pass.release();
    for (const part of parts) await part.release();
  });
}

/** The optimizer's graphs for some of the arrays. */
class Group {
  private summing: Promise<GraphSession> | undefined;

  private constructor(
    private readonly group: ArrayGroup<ArraySpec>,
    private readonly optimizer: OptimizerOptions,
    private readonly options: SessionOptions,
    private readonly measuring: GraphSession,
    private readonly updating: GraphSession,
  ) {}

  static async open(
    group: ArrayGroup<ArraySpec>,
    optimizer: OptimizerOptions,
    options: SessionOptions,
  ): Promise<Group> {
    const measuring = await GraphSession.open(prepared(squaresGraph(group.arrays)), options);
    const all = { ...options, onDevice: () => true };
    const updating = await GraphSession.open(prepared(updateGraph(group, optimizer)), all);
    return new Group(group, optimizer, options, measuring, updating);
  }

  /** found += before, which is let go. */
  async addTo(found: Gradients, before: Gradients): Promise<void> {
    const { arrays } = this.group;
    this.summing ??= GraphSession.open(prepared(sumGraph(arrays)), { ...this.options, onDevice: () => true });
    const session = await this.summing;
    const { onDevice } = await session.runOnDevice(
      this.named((name) => ({ [port.array('gradient', name)]: found[name]!, [port.addend(name)]: before[name]! })),
    );
    for (const { name } of arrays) {
      found[name]!.dispose();
      before[name]!.dispose();
      found[name] = onDevice[port.array('gradient', name)]!;
    }
  }

  /** The sum of squares. */
  async squares(gradients: Gradients): Promise<number> {
    const { squares } = await this.measuring.run(
      this.named((name) => ({ [port.array('gradient', name)]: gradients[name]! })),
    );
    return squares![0]!;
  }

  async update(state: DeviceState, gradients: Gradients, update: Update, gradientScale: number): Promise<void> {
    const { rule, arrays } = this.group;
    const parts = (name: string) => state.arrays(name).map((part) => part.name);
    const tensors = this.named((name) => ({
      ...Object.fromEntries(parts(name).map((part) => [port.array(part, name), state.tensor(part, name)])),
      [port.array('gradient', name)]: gradients[name]!,
    }));
    const scalars = scalarsOf(rule, this.optimizer, update, arrays[0]!);
    const numbers = Object.entries(scalars).map(([name, value]) => [port.scalar(name), Float32Array.of(value)]);
    const { onDevice } = await this.updating.runOnDevice({
      ...tensors,
      ...Object.fromEntries(numbers),
      [port.gradientScale]: Float32Array.of(gradientScale),
    });
    for (const { name } of arrays)
      for (const part of parts(name)) state.replace(part, name, onDevice[port.array(part, name)]!);
  }

  async release(): Promise<void> {
    await this.measuring.release();
    await this.updating.release();
    await (await this.summing)?.release();
  }

  private named<T>(make: (name: string) => Record<string, T>): Record<string, T> {
    return Object.assign({}, ...this.group.arrays.map(({ name }) => make(name)));
  }
}

/** Groups no larger than `groupSize`, unless one is a single array. */
function divided({ rule, arrays }: ArrayGroup<ArraySpec>): ArrayGroup<ArraySpec>[] {
  const parts: ArraySpec[][] = [];
  let left = 0;
  for (const array of arrays) {
    const size = sizeOf(array.shape);
    if (parts.length === 0 || size > left) {
      parts.push([]);
      left = groupSize;
    }
    parts.at(-1)!.push(array);
    left -= size;
  }
  return parts.map((part) => ({ rule, arrays: part }));
}

function parametersOf(graph: Graph, step: StepFunction): string[] {
  return graph.inputs.map(({ name }) => name).filter((name) => !Object.hasOwn(step.inputs, name));
}

function given(state: DeviceState, names: readonly string[]): Record<string, DeviceTensor> {
  return Object.fromEntries(names.map((name) => [name, state.tensor('parameter', name)]));
}
