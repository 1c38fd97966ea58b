// What an engine promises to the code above it: it holds the state (parameters and the optimizer's slots) and runs
// programs on it. Knows nothing of GPT, of files, of the command line or of any particular optimizer.
import type { Cluster } from '../cluster/types.js';
import type { OptimizedArray, Optimizer, OptimizerOptions, Slot } from '../optimizer/types.js';
import type { MatrixFormat } from '../quantization/index.js';
import type { Graph, HostArray } from '../trace/graph.js';
import type { StepFunction } from '../trace/step.js';
import type { Device, EngineName, Jit, Precision } from './names.js';

export type { Optimizer, OptimizerOptions, Slot } from '../optimizer/types.js';
export type { StepFunction } from '../trace/step.js';
export type { GraphListener } from './listener.js';
export type { Device, EngineName, Jit, Precision } from './names.js';

export type Feeds = Readonly<Record<string, HostArray>>;
export type Results = Record<string, HostArray>;

/** A compiled StepFunction without gradients: evaluation, logits. */
export interface Program {
  /** Inputs by name, each of its spec's size; a missing, unknown or wrongly sized one is an error. */
  run(feeds: Feeds): Promise<Results>;
  dispose(): Promise<void>;
}

export interface StepResult {
  /** Sum over the micro-batches of the step function's output `loss`. */
  readonly loss: number;
  /** Global norm of the summed gradient, before clipping. */
  readonly gradNorm: number;
  /** False when loss or norm is not finite: the state was then left as it was. */
  readonly updated: boolean;
  /** The other outputs of the step function, sums over the micro-batches. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The sums over the workers of the votes that were given; absent where the engine has no cluster. */
  readonly votes?: readonly number[];
}

export interface StepUpdate {
  readonly learningRate: number;
  readonly iteration: number;
  readonly votes?: readonly number[];
}

/** A compiled StepFunction with its gradients and the optimizer's update, on one State. */
export interface TrainingProgram {
  /**
   * One optimizer step over the sum of the micro-batches' gradients: each micro-batch's loss is its share of the loss of the
   * whole batch. In a cluster all workers make the step together: gradient, loss and metrics are sums over all of them, and
   * their states stay alike.
   * @param update `iteration` counts optimizer steps from 1; `votes` are added up over the
   * workers with the gradient, as float32 numbers
   */
  step(microBatches: readonly Feeds[], update: StepUpdate): Promise<StepResult>;
  dispose(): Promise<void>;
}

/** An array as an engine sees it. `model/config`'s ParameterSpec is one. */
export interface ArraySpec extends OptimizedArray {
  /** False: no gradient, no slots (frozen). Default true. */
  readonly trainable?: boolean;
  /** Keep a matrix in so many bits; for inference, and engines that have products of such matrices. */
  readonly quantized?: MatrixFormat | undefined;
}

/** Parameters and, for training, the optimizer's slots. They may live on a device; read copies out, write copies in. */
export interface State {
  readonly specs: readonly ArraySpec[];
  /** Whether it can be trained. */
  readonly training: boolean;
  /** What trains it; undefined in a state for inference. */
  readonly optimizer: Optimizer | undefined;
  /** What the optimizer keeps for an array; nothing where it is not trained. */
  slots(name: string): readonly Slot[];
  /** @param slot `parameter`, or the name of a slot of the array */
  read(slot: string, name: string): Promise<Float32Array>;
  write(slot: string, name: string, data: Float32Array): Promise<void>;
  dispose(): Promise<void>;
}

export interface StateOptions {
  readonly training: boolean;
  /** What trains it. Default: AdamW. */
  readonly optimizer?: Optimizer | undefined;
}

export interface Engine {
  readonly name: EngineName;
  readonly device: Device;
  readonly threads: number;
  /** The workers that train together, where there are others. */
  readonly cluster?: Cluster;
  /** How compiled steps are run, where there is a choice and once it is made; a resumed run must make the same one. */
  readonly jit?: Exclude<Jit, 'auto'> | undefined;
  /** Of products, where there is a choice; a resumed run must make the same one. */
  readonly precision?: Precision | undefined;
  /** All zeros; fill it with `write`. */
  createState(specs: readonly ArraySpec[], options: StateOptions): Promise<State>;
  compile(step: StepFunction, state: State): Promise<Program>;
  /** A traced graph as a program of its own: every input is fed, nothing is kept between runs. */
  compileGraph(graph: Graph): Promise<Program>;
  /**
   * `step` must have a scalar float32 output named `loss`; the gradient is taken of it.
   * @param options of the state's optimizer
   */
  compileTraining(
    step: StepFunction,
    state: State,
    options: OptimizerOptions,
    /** What steps will be like: what they take is then compiled before the first one. */
    expected?: { readonly microBatches?: number },
  ): Promise<TrainingProgram>;
  dispose(): Promise<void>;
}
