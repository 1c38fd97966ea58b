// The engine on TensorFlow's C library: steps are traced once, become functions, and run on resource variables.
import { share } from '../../cluster/index.js';
import type { Cluster, ClusterSpec } from '../../cluster/types.js';
import { GptError } from '../../errors.js';
import { type Graph, trace } from '../../trace/index.js';
import { checkFeeds, feedsOf } from '../feeds.js';
import { checkTrained, checkVariables, guarded } from '../host-training.js';
import type {
  Device,
  Engine,
  GraphListener,
  Jit,
  OptimizerOptions,
  Precision,
  Program,
  State,
  StateOptions,
  StepFunction,
  TrainingProgram,
} from '../types.js';
import type { Collectives } from './cluster/collectives.js';
import { type JoinOptions, joinCluster } from './cluster/join.js';
import { taskName } from './cluster/server-def.js';
import { SharedTraining } from './cluster/training.js';
import { type CompileOptions, compileGraph } from './compile.js';
import { prepared } from './graphs.js';
import { fastest } from './jit.js';
import { Context, loadLibrary } from './native/index.js';
import { VariableState } from './state.js';
import { type Trainer, Training } from './training.js';
import type { Manner, Mode } from './writer.js';

export interface TensorflowEngineOptions {
  readonly device: Device;
  readonly threads: number;
  /** How functions are run; `auto` measures both before the first step. */
  readonly jit: Jit;
  readonly precision: Precision;
  /** Told of every graph before it is compiled. What it throws, the compilation throws. */
  readonly onGraph?: GraphListener;
  /** TensorFlow's own log goes to standard error. */
  readonly verbose?: boolean;
  /** Other workers to train with, all of whom are waited for. */
  readonly cluster?: (JoinOptions & { readonly spec: ClusterSpec }) | undefined;
}

/** @throws GptError `tensorflow/missing`, `tensorflow/load`, `tensorflow/ffi`, `cluster/port`, `cluster/late` */
export async function createTensorflowEngine(options: TensorflowEngineOptions): Promise<Engine> {
  const { device, threads, verbose = false, cluster } = options;
  const library = await loadLibrary({ verbose });
  const gpu = device === 'cuda';
  const context = Context.open(library, { threads, interThreads: 1, growMemory: true, gpu });
  try {
    if (gpu && !context.devices().some(({ type }) => type === 'GPU'))
      throw new GptError('engine/device', 'TensorFlow finds no NVIDIA GPU here', {
        hint: 'gpt-cli setup tensorflow --gpu brings the CUDA libraries; or --device cpu',
      });
    // TensorFlow's server cannot be closed, and one that still looks for others crashes when the process cleans up.
    if (cluster) process.once('exit', (code) => library.exitAtOnce(code));
    const collectives = cluster && (await joinCluster(context, cluster.spec, threads, cluster));
    // Two ways of computing a step differ in the last bits, and what all workers compute must stay alike.
    const { jit, precision } = options;
    const alike = collectives && (await share(collectives, { jit, precision }));
    return new TensorflowEngine(context, { ...options, ...alike }, collectives);
  } catch (error) {
    if (!cluster) context.dispose();
    throw error;
  }
}

class TensorflowEngine implements Engine {
  readonly name = 'tensorflow';
  readonly device: Device;
  readonly threads: number;
  readonly cluster?: Cluster;
  private mode: Mode | undefined;

  constructor(
    private readonly context: Context,
    private readonly options: TensorflowEngineOptions,
    private readonly collectives: Collectives | undefined,
  ) {
    if (collectives) this.cluster = collectives;
    this.device = options.device;
    this.threads = options.threads;
    if (options.jit !== 'auto') this.mode = options.jit;
  }

  get jit(): Mode | undefined {
    return this.mode;
  }

  async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    return new VariableState(this.context, specs, options, this.place);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    const held = state as VariableState;
    checkVariables(step, held);
    const mode = this.mode ?? 'graph';
    const graph = prepared(trace(step));
    this.options.onGraph?.(graph, 'inference');
    const variable = (name: string) =>
      Object.hasOwn(step.inputs, name) ? undefined : held.variable('parameter', name);
    return this.program(graph, step, mode, variable);
  }

  async compileGraph(graph: Graph): Promise<Program> {
    const mode = this.mode ?? 'graph';
    const improved = prepared(graph);
    this.options.onGraph?.(improved, 'inference');
    return this.program(improved, feedsOf(graph), mode);
  }

  private program(
    graph: Graph,
    fed: Parameters<typeof checkFeeds>[0],
    mode: Mode,
    variable: CompileOptions['variable'] = () => undefined,
  ): Program {
    const native = compileGraph(this.context, graph, { manner: this.manner(mode), device: this.place, variable });
    return {
      run: async (feeds) => {
        checkFeeds(fed, feeds);
        return native.run(feeds);
      },
      dispose: async () => native.dispose(),
    };
  }

  async compileTraining(
    step: StepFunction,
    state: State,
    optimizer: OptimizerOptions,
    { microBatches = 1 }: { microBatches?: number } = {},
  ): Promise<TrainingProgram> {
    const held = state as VariableState;
    checkVariables(step, held);
    const names = checkTrained(step, held);
    const trainable = new Set(names);
    const traced = trace(step, { gradients: true, trainable: (name) => trainable.has(name) });
    const graph = prepared(traced);
    this.options.onGraph?.(graph, 'training');
    const make = (mode: Mode) => {
      const more = { graph, manner: this.manner(mode), device: this.place };
      const parts = { context: this.context, step, names, state: held, optimizer, ...more };
      return this.collectives ? new SharedTraining(parts, this.collectives, this.reduceOn) : new Training(parts);
    };
    const training = await this.chosen(make, microBatches);
    return guarded(
      (batches, update) => training.step(batches, update),
      async () => training.dispose(),
    );
  }

  /** Where gradients are added up. */
  private get reduceOn(): string {
    return this.device === 'cuda' ? 'GPU:0' : 'CPU:0';
  }

  async dispose(): Promise<void> {
    this.collectives?.dispose();
    this.context.dispose();
  }

  /** TensorFlow's name of the device. */
  private get place(): string | undefined {
    if (this.device !== 'cuda') return undefined;
    const task = this.cluster ? taskName(this.cluster.rank) : '/job:localhost/replica:0/task:0';
    return `${task}/device:GPU:0`;
  }

  private manner(mode: Mode): Manner {
    return { mode, precision: this.options.precision };
  }

  /** Compiled. The first program decides for all, among workers worker 0's first one. */
  private async chosen<T extends Trainer>(make: (mode: Mode) => T, microBatches: number): Promise<T> {
    const measured = this.mode === undefined ? await fastest(make, microBatches) : undefined;
    this.mode ??= this.collectives ? await share(this.collectives, measured!.mode) : measured!.mode;
    if (measured?.mode === this.mode) return measured.training;
    measured?.training.dispose();
    const training = make(this.mode);
    await training.warmUp(microBatches);
    return training;
  }
}
