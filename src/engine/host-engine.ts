// An engine whose state is in this process's memory: steps are traced once, compiled by a runtime, and run on flat arrays.
// Knows neither onnxruntime nor OpenVINO, only how they open a session.
import { kernelUpdater, type SpanUpdater } from '../optimizer/index.js';
import type { Graph, HostArray } from '../trace/graph.js';
import { gradientName } from '../trace/index.js';
import { checkFeeds, feedsOf } from './feeds.js';
import { type GraphPass, inferenceGraph, trainingGraph } from './graphs-of-step.js';
import { HostState } from './host-state.js';
import { checkTrained, checkVariables, type GradientPass, hostTraining } from './host-training.js';
import { constantWeights, packedWeights, readBy, type Weights } from './host-weights.js';
import { DrawnMasks, liftMasks } from './masks/index.js';
import type {
  Device,
  Engine,
  EngineName,
  Feeds,
  GraphListener,
  OptimizerOptions,
  Precision,
  Program,
  Results,
  State,
  StateOptions,
  StepFunction,
  TrainingProgram,
} from './types.js';

/** One compiled graph. Arrays are read and written where they lie. */
export interface HostSession {
  /** Gives an input the same array in every run. */
  bindInput(name: string, data: HostArray): void;
  /** Has an output written into this array by every run. */
  bindOutput(name: string, data: HostArray): void;
  /** Runs once on the inputs that are not bound; the outputs that are not bound. */
  run(feeds: Feeds): Promise<Results>;
  release(): Promise<void>;
}

/** What compiles. */
export interface HostRuntime {
  readonly name: EngineName;
  readonly device: Device;
  readonly threads: number;
  readonly precision?: Precision;
  /** A traced graph as this runtime wants it. */
  readonly prepared: GraphPass;
  /** @param weights inputs of the graph that are none of the session: see `Weights` */
  open(graph: Graph, weights?: Weights): Promise<HostSession>;
  /** What updates the arrays whose rule has no kernel, and what frees it. */
  updates(
    state: HostState,
    options: OptimizerOptions,
  ): Promise<{ readonly updater: SpanUpdater; readonly release: () => Promise<void> }>;
  /** Called with every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener | undefined;
}

/** Bytes of dropout's masks that are drawn next to a graph. They are about as long in memory as the graph would hold them. */
const mostMasks = 2 ** 30;

export class HostEngine implements Engine {
  readonly name: EngineName;
  readonly device: Device;
  readonly threads: number;
  readonly precision: Precision | undefined;

  constructor(private readonly runtime: HostRuntime) {
    this.name = runtime.name;
    this.device = runtime.device;
    this.threads = runtime.threads;
    this.precision = runtime.precision;
  }

  async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    return HostState.create(specs, options, this.threads);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    const host = state as HostState;
    checkVariables(step, host);
    const graph = inferenceGraph(step, this.runtime.prepared);
    this.runtime.onGraph?.(graph, 'inference');
    const weights = constantWeights(graph, step, host);
    if (!weights) return programOf(await this.open(graph, step, host), step);
    const program = programOf(await this.runtime.open(graph, weights), step);
    const dispose = async () => {
      await program.dispose();
      host.returnCopy();
    };
    return { ...program, dispose };
  }

  async compileGraph(graph: Graph): Promise<Program> {
    const improved = this.runtime.prepared(graph);
    this.runtime.onGraph?.(improved, 'inference');
    return programOf(await this.runtime.open(improved), feedsOf(graph));
  }

  async compileTraining(step: StepFunction, state: State, options: OptimizerOptions): Promise<TrainingProgram> {
    const host = state as HostState;
    checkVariables(step, host);
    const names = checkTrained(step, host);
    const graph = trainingGraph(step, names, this.runtime.prepared);
    this.runtime.onGraph?.(graph, 'training');
    const lifted = liftMasks(graph, this.device === 'cpu' ? mostMasks : 0);
    const session = await this.open(lifted.graph, step, host);
    const masks = new DrawnMasks(lifted.masks);
    for (const [name, data] of masks.arrays()) session.bindInput(name, data);
    let bound: 'gradient' | 'scratch' | undefined;
    const pass: GradientPass = async (feeds, region) => {
      if (region !== bound) for (const name of names) session.bindOutput(gradientName(name), host.view(region, name));
      bound = region;
      masks.draw(feeds);
      return session.run(feeds);
    };
    const compiled = await this.runtime.updates(host, options);
    const updater = kernelUpdater(options, compiled.updater);
    const release = async () => {
      await compiled.release();
      await session.release();
    };
    return hostTraining({ step, state: host, options, pass, updater, release });
  }

  async dispose(): Promise<void> {
    // Programs hold all there is.
  }

  /** Parameters are read where the state keeps them. */
  private async open(graph: Graph, step: StepFunction, state: HostState): Promise<HostSession> {
    const packed = packedWeights(graph, step, state);
    const session = await this.runtime.open(graph, packed);
    for (const name of readBy(graph, step, state))
      if (!packed.has(name)) session.bindInput(name, state.view('parameter', name));
    return session;
  }
}

function programOf(session: HostSession, inputs: Parameters<typeof checkFeeds>[0]): Program {
  return {
    run: async (feeds) => {
      checkFeeds(inputs, feeds);
      return session.run(feeds);
    },
    dispose: () => session.release(),
  };
}
