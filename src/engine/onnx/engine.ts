// The embedded engine: steps are traced once, compiled by onnxruntime, and run on flat host memory.

import { kernelUpdater } from '../../optimizer/index.js';
import type { Graph } from '../../trace/graph.js';
import { gradientName } from '../../trace/index.js';
import { checkFeeds, feedsOf } from '../feeds.js';
import { HostState } from '../host-state.js';
import { checkTrained, checkVariables, type GradientPass, hostTraining } from '../host-training.js';
import type {
  Device,
  Engine,
  GraphListener,
  OptimizerOptions,
  Program,
  State,
  StateOptions,
  StepFunction,
  TrainingProgram,
} from '../types.js';
import { inferenceGraph, prepared, trainingGraph } from './graphs.js';
import { loadRuntime } from './runtime.js';
import { GraphSession } from './session.js';
import { compiledUpdates } from './update.js';
import { deviceProgram, deviceTraining } from './webgpu/programs.js';
import { DeviceState } from './webgpu/state.js';
import { constantWeights, type Weights } from './weights.js';

export interface OnnxEngineOptions {
  readonly device: Device;
  readonly threads: number;
  /** Beginning of the names of onnxruntime's own profiles, written when a program is disposed. */
  readonly profile?: string;
  /** Told of every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener;
  /** Whether parameters and slots stay on the device between steps. Default: on webgpu. */
  readonly stateOnDevice?: boolean;
  /** Writes graphs as for this device; for tests without one. */
  readonly dialect?: Device;
}

/** @throws GptError `onnx/missing` */
export async function createOnnxEngine(options: OnnxEngineOptions): Promise<Engine> {
  await loadRuntime();
  return new OnnxEngine(options);
}

class OnnxEngine implements Engine {
  readonly name = 'onnx';
  readonly device: Device;
  readonly threads: number;

  constructor(private readonly options: OnnxEngineOptions) {
    this.device = options.device;
    this.threads = options.threads;
  }

  async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    const { device, stateOnDevice = device === 'webgpu' } = this.options;
    return stateOnDevice ? DeviceState.create(specs, options, this.options) : new HostState(specs, options);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    checkVariables(step, state as HostState | DeviceState);
    const graph = inferenceGraph(step);
    this.options.onGraph?.(graph, 'inference');
    if (state instanceof DeviceState) return deviceProgram(step, graph, state, this.options);
    const host = state as HostState;
    const weights = constantWeights(graph, step, host);
    const session = await this.open(graph, weights);
    if (!weights) bindParameters(session, graph, step, host);
    return {
      run: async (feeds) => {
        checkFeeds(step, feeds);
        return session.run(feeds);
      },
      dispose: async () => {
        await close(session, this.options);
        if (weights) host.returnCopy();
      },
    };
  }

  async compileGraph(graph: Graph): Promise<Program> {
    const improved = prepared(graph);
    this.options.onGraph?.(improved, 'inference');
    const session = await this.open(improved);
    return {
      run: async (feeds) => {
        checkFeeds(feedsOf(graph), feeds);
        return session.run(feeds);
      },
      dispose: () => close(session, this.options),
    };
  }

  async compileTraining(step: StepFunction, state: State, options: OptimizerOptions): Promise<TrainingProgram> {
    checkVariables(step, state as HostState | DeviceState);
    const names = checkTrained(step, state as HostState | DeviceState);
    const trainable = new Set(names);
    const graph = trainingGraph(step, (name) => trainable.has(name));
    this.options.onGraph?.(graph, 'training');
    if (state instanceof DeviceState) return deviceTraining(step, graph, state, options, this.options);
    const host = state as HostState;
    const session = await this.open(graph);
    bindParameters(session, graph, step, host);
    const bind = (region: 'gradient' | 'scratch') => {
      for (const name of names) session.bindOutput(gradientName(name), host.view(region, name));
    };
    bind('gradient');
    let bound: 'gradient' | 'scratch' = 'gradient';
    const pass: GradientPass = async (feeds, region) => {
      if (region !== bound) bind(region);
      bound = region;
      return session.run(feeds);
    };
    const { profile: _, ...plain } = this.options;
    const compiled = await compiledUpdates(host, options, plain);
    const updater = kernelUpdater(options, compiled.updater);
    const release = async () => {
      await compiled.release();
      await close(session, this.options);
    };
    return hostTraining({ step, state: host, options, pass, updater, release });
  }

  async dispose(): Promise<void> {
    // Programs hold all there is.
  }

  private open(graph: Graph, weights?: Weights): Promise<GraphSession> {
    const { profile, ...options } = this.options;
    const own = profile && `${profile}-${graph.name.replaceAll(/[^\w.-]+/g, '-')}`;
    return GraphSession.open(graph, { ...options, ...(own && { profile: own }), ...(weights && { weights }) });
  }
}

/** Parameters are read where the state keeps them. */
function bindParameters(session: GraphSession, graph: Graph, step: StepFunction, state: HostState): void {
  for (const { name } of graph.inputs)
    if (!Object.hasOwn(step.inputs, name)) session.bindInput(name, state.view('parameter', name));
}

async function close(session: GraphSession, { profile }: OnnxEngineOptions): Promise<void> {
  if (profile) session.endProfiling();
  await session.release();
}
