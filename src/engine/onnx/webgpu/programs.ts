// Programs on a state that lives on a device. Batches and coefficients go there, losses and norms come back, nothing
// else crosses: gradients, moments and parameters stay.
import { type AdamWOptions, clipScale, scaled, type Update } from '../../../optimizer/index.js';
import { type Graph, gradientName, sizeOf } from '../../../trace/index.js';
import { accumulate, resultOf } from '../../accumulate.js';
import { checkFeeds } from '../../feeds.js';
import { guarded } from '../../host-training.js';
import type { ArraySpec, Feeds, Program, StepFunction, StepResult, TrainingProgram } from '../../types.js';
import { type DeviceTensor, GraphSession, type SessionOptions } from '../session.js';
import { coefficientFeeds, port, squaresGraph, sumGraph, updateGraph } from './optimizer.js';
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
    dispose: () => close(options, session),
  };
}

/** @param graph the step with a gradient for each of `names`, as `trace` gives it */
export async function deviceTraining(
  step: StepFunction,
  graph: Graph,
  names: readonly string[],
  state: DeviceState,
  adamw: AdamWOptions,
  options: SessionOptions,
): Promise<TrainingProgram> {
  const trained = new Set(names);
  const groups = grouped(state.specs.filter(({ name }) => trained.has(name)));
  const gradients = new Map(names.map((name) => [gradientName(name), name]));
  const parameters = parametersOf(graph, step);
  const pass = await GraphSession.open(graph, { ...options, onDevice: (output) => gradients.has(output) });
  const { profile: _, ...plain } = options;
  const parts = await Promise.all(groups.map((group) => Group.open(group, adamw, plain)));

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
      const scale = clipScale(result.gradNorm, adamw.gradClip);
      for (const part of result.updated ? parts : [])
        await part.update(state, sum!, coefficientFeeds(adamw, scaled(update, part.learningRateScale), scale));
      return result;
    } finally {
      for (const tensor of Object.values(sum ?? {})) tensor.dispose();
    }
  };
  return guarded(run, async () => {
    await close(options, pass);
    for (const part of parts) await part.release();
  });
}

/** The optimizer's graphs for some of the arrays. */
class Group {
  private summing: Promise<GraphSession> | undefined;

  private constructor(
    private readonly arrays: readonly ArraySpec[],
    private readonly options: SessionOptions,
    private readonly measuring: GraphSession,
    private readonly updating: GraphSession,
  ) {}

  /** That of all its arrays. */
  get learningRateScale(): number | undefined {
    return this.arrays[0]!.learningRateScale;
  }

  static async open(arrays: readonly ArraySpec[], adamw: AdamWOptions, options: SessionOptions): Promise<Group> {
    const measuring = await GraphSession.open(squaresGraph(arrays), options);
    const all = { ...options, onDevice: () => true };
    return new Group(arrays, options, measuring, await GraphSession.open(updateGraph(arrays, adamw), all));
  }

  /** found += before, which is let go. */
  async addTo(found: Gradients, before: Gradients): Promise<void> {
    this.summing ??= GraphSession.open(sumGraph(this.arrays), { ...this.options, onDevice: () => true });
    const session = await this.summing;
    const { onDevice } = await session.runOnDevice(
      this.named((name) => ({ [port.gradient(name)]: found[name]!, [port.addend(name)]: before[name]! })),
    );
    for (const { name } of this.arrays) {
      found[name]!.dispose();
      before[name]!.dispose();
      found[name] = onDevice[port.gradient(name)]!;
    }
  }

  /** The sum of squares. */
  async squares(gradients: Gradients): Promise<number> {
    const { squares } = await this.measuring.run(this.named((name) => ({ [port.gradient(name)]: gradients[name]! })));
    return squares![0]!;
  }

  async update(state: DeviceState, gradients: Gradients, coefficients: Record<string, Float32Array>): Promise<void> {
    const kinds = ['parameter', 'firstMoment', 'secondMoment'] as const;
    const tensors = this.named((name) => ({
      ...Object.fromEntries(kinds.map((kind) => [port[kind](name), state.tensor(kind, name)])),
      [port.gradient(name)]: gradients[name]!,
    }));
    const { onDevice } = await this.updating.runOnDevice({ ...tensors, ...coefficients });
    for (const { name } of this.arrays)
      for (const kind of kinds) state.replace(kind, name, onDevice[port[kind](name)]!);
  }

  async release(): Promise<void> {
    await this.measuring.release();
    await this.updating.release();
    await (await this.summing)?.release();
  }

  private named<T>(make: (name: string) => Record<string, T>): Record<string, T> {
    return Object.assign({}, ...this.arrays.map(({ name }) => make(name)));
  }
}

/** In the given order, each of one learning rate, none larger than `groupSize` unless it is one array. */
function grouped(arrays: readonly ArraySpec[]): ArraySpec[][] {
  const groups: ArraySpec[][] = [];
  let left = 0;
  for (const array of arrays) {
    const size = sizeOf(array.shape);
    const before = groups.at(-1)?.[0];
    if (!before || before.learningRateScale !== array.learningRateScale || size > left) {
      groups.push([]);
      left = groupSize;
    }
    groups.at(-1)!.push(array);
    left -= size;
  }
  return groups;
}

function parametersOf(graph: Graph, step: StepFunction): string[] {
  return graph.inputs.map(({ name }) => name).filter((name) => !Object.hasOwn(step.inputs, name));
}

function given(state: DeviceState, names: readonly string[]): Record<string, DeviceTensor> {
  return Object.fromEntries(names.map((name) => [name, state.tensor('parameter', name)]));
}

async function close({ profile }: SessionOptions, session: GraphSession): Promise<void> {
  if (profile) session.endProfiling();
  await session.release();
}
