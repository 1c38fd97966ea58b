// Steps traced once, compiled by OpenVINO's CPU plugin, and run on flat host memory; the optimizer is that of the onnx engine.
import { kernelUpdater } from '../../optimizer/index.js';
import type { Graph } from '../../trace/graph.js';
import { gradientName } from '../../trace/index.js';
import { checkFeeds, feedsOf } from '../feeds.js';
import { HostState } from '../host-state.js';
import { checkTrained, checkVariables, type GradientPass, hostTraining } from '../host-training.js';
import { compiledUpdates } from '../onnx/update.js';
import { constantWeights } from '../onnx/weights.js';
import type {
  Engine,
  GraphListener,
  OptimizerOptions,
  Precision,
  Program,
  State,
  StateOptions,
  StepFunction,
  TrainingProgram,
} from '../types.js';
import { inferenceGraph, prepared, trainingGraph } from './graphs.js';
import { loadOpenvino } from './native/library.js';
import { OpenvinoSession } from './session.js';

export interface OpenvinoEngineOptions {
  readonly threads: number;
  /** Of the operands of matrix products and of what lies between them; parameters, gradients and slots are float32. */
  readonly precision: Precision;
  /** Told of every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener;
}

/** @throws GptError `openvino/missing`, `openvino/load`, `openvino/ffi` */
export async function createOpenvinoEngine(options: OpenvinoEngineOptions): Promise<Engine> {
  await loadOpenvino();
  return new OpenvinoEngine(options);
}

class OpenvinoEngine implements Engine {
  readonly name = 'openvino';
  readonly device = 'cpu';
  readonly threads: number;
  readonly precision: Precision;

  constructor(private readonly options: OpenvinoEngineOptions) {
    this.threads = options.threads;
    this.precision = options.precision;
  }

  async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    return new HostState(specs, options);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    const host = state as HostState;
    checkVariables(step, host);
    const graph = inferenceGraph(step);
    this.options.onGraph?.(graph, 'inference');
    const weights = constantWeights(graph, step, host);
    const session = await OpenvinoSession.open(graph, { ...this.options, weights });
    if (!weights) bindParameters(session, graph, step, host);
    const { run, dispose } = programOf(session, step);
    const release = async () => {
      await dispose();
      if (weights) host.returnCopy();
    };
    return { run, dispose: release };
  }

  async compileGraph(graph: Graph): Promise<Program> {
    const improved = prepared(graph);
    this.options.onGraph?.(improved, 'inference');
    return programOf(await OpenvinoSession.open(improved, this.options), feedsOf(graph));
  }

  async compileTraining(step: StepFunction, state: State, options: OptimizerOptions): Promise<TrainingProgram> {
    const host = state as HostState;
    checkVariables(step, host);
    const names = checkTrained(step, host);
    const trainable = new Set(names);
    const graph = trainingGraph(step, (name) => trainable.has(name));
    this.options.onGraph?.(graph, 'training');
    const session = await OpenvinoSession.open(graph, this.options);
    bindParameters(session, graph, step, host);
    const pass: GradientPass = async (feeds, region) => {
      for (const name of names) session.bindOutput(gradientName(name), host.view(region, name));
      return session.run(feeds);
    };
    const { threads, onGraph } = this.options;
    const compiled = await compiledUpdates(host, options, { device: 'cpu', threads, ...(onGraph && { onGraph }) });
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
}

/** Parameters are read where the state keeps them. */
function bindParameters(session: OpenvinoSession, graph: Graph, step: StepFunction, state: HostState): void {
  for (const { name } of graph.inputs)
    if (!Object.hasOwn(step.inputs, name)) session.bindInput(name, state.view('parameter', name));
}

function programOf(session: OpenvinoSession, inputs: Parameters<typeof checkFeeds>[0]): Program {
  return {
    run: async (feeds) => {
      checkFeeds(inputs, feeds);
      return session.run(feeds);
    },
    dispose: () => session.release(),
  };
}
