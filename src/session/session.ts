// A model on an engine: its parameters in the engine's memory, its programs compiled once per shape.
import { type Checkpoint, type CheckpointContent, saveCheckpoint, type TrainedContent } from '../checkpoint/index.js';
import type { MachineConfig, TrainingConfig } from '../config/index.js';
import {
  type ArraySpec,
  type ClusterChoice,
  type Engine,
  type GraphListener,
  type OptimizerOptions,
  openEngine,
  type Program,
  requireEngine,
  type State,
  type StepFunction,
  type TrainingProgram,
  valueBytes,
} from '../engine/index.js';
import type { NoticeEvent, PhaseEvent } from '../events.js';
import {
  Classifier,
  Gpt,
  type GptConfig,
  headSpec,
  type LoraConfig,
  loraSpecs,
  type ParameterSpec,
  parameterSpecs,
  type Training,
  withTrainable,
} from '../model/index.js';
import { type OptimizerName, optimizers, optionsFor } from '../optimizer/registry.js';
import { formatOf, type Scheme } from '../quantization/index.js';
import type { Tokenizer } from '../tokenizer/index.js';
import { largestUnpacked } from '../trace/index.js';
import type { TrainingState } from '../train/index.js';
import type { Diagnostics } from './diagnostics.js';
import { type FillOptions, fillState } from './fill.js';
import { type Batching, estimateMemory, type GraphMemory, requireMemory } from './memory.js';
import { phase } from './phase.js';

export interface SessionOptions extends Training, Omit<Diagnostics, 'memoryCheck'> {
  /** With the slots of `optimizer`. */
  readonly training: boolean;
  readonly optimizer?: OptimizerName | undefined;
  /** A classifier's classes by id: the model then has a head. */
  readonly labels?: readonly string[] | undefined;
  /** With low-rank adapters, which alone are trained. */
  readonly lora?: LoraConfig | undefined;
  /** Less memory for more time: see ops/recompute. */
  readonly recompute?: boolean;
  /** Keep matrices that are not trained in 8 or 4 bits, on an engine that can (`canQuantize`). */
  readonly quantize?: Scheme | undefined;
  /** An engine that is open already; the session closes it. */
  readonly opened?: OpenedEngine | undefined;
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** What the graphs take that it compiled for training. */
  readonly graphs: GraphMemory[];
  /** Training programs. */
  programs: number;
  /** The names of parameters in 8 or 4 bits. */
  packed: ReadonlySet<string>;
  /** Called when a training graph is known, before it is compiled. */
  readonly watch: { beforeTraining?: () => void };
}

/**
 * Before long work that comes before the engine is opened: whether it can be.
 * @throws GptError as `requireEngine`
 */
export async function requireMachine({ backend, device, threads, precision }: MachineConfig): Promise<void> {
  await requireEngine({ backend, device, precision, threads: threads ?? undefined });
}

/** @throws GptError `engine/...` when the backend or device is unavailable, `cluster/...` when workers are */
export async function openMachine(
  { backend, device, threads, jit, precision, verbose }: MachineConfig,
  {
    training,
    onGraph,
    profile,
    cluster,
  }: Pick<SessionOptions, 'training' | 'onGraph' | 'profile'> & { cluster?: ClusterChoice },
): Promise<OpenedEngine> {
  const graphs: GraphMemory[] = [];
  const watch: OpenedEngine['watch'] = {};
  const found = { graphs, watch, programs: 0, packed: new Set<string>() as ReadonlySet<string> };
  const listener: GraphListener = (graph, use) => {
    if (training && engine.name !== 'eager') {
      const values = valueBytes[engine.name](graph) + largestUnpacked(graph, found.packed);
      graphs.push({ values, nodes: graph.nodes.length });
    }
    if (use === 'training') found.programs++;
    onGraph?.(graph, use);
    if (use === 'training') watch.beforeTraining?.();
  };
  const how = { jit, precision, verbose, profile, onGraph: listener, cluster };
  const engine: Engine = await openEngine({ backend, device, threads: threads ?? undefined, ...how });
  return Object.assign(found, { engine });
}

export class Session {
  private readonly programs: { dispose(): Promise<void> }[] = [];
  private optimizerOptions: OptimizerOptions | undefined;

  private constructor(
    readonly engine: Engine,
    readonly gpt: Gpt,
    readonly tokenizer: Tokenizer,
    readonly state: State,
    readonly specs: readonly ParameterSpec[],
    readonly labels: readonly string[] | undefined,
    readonly classifier: Classifier | undefined,
    private readonly opened: OpenedEngine,
  ) {}

  /** @throws GptError `engine/...` when the backend or device is unavailable */
  static async open(
    machine: MachineConfig,
    config: GptConfig,
    tokenizer: Tokenizer,
    options: SessionOptions,
  ): Promise<Session> {
    const { opened, training, onGraph, profile } = options;
    const machinery = opened ?? (await openMachine(machine, { training, onGraph, profile }));
    try {
      return await Session.on(machinery, config, tokenizer, options);
    } catch (error) {
      if (!opened) await machinery.engine.dispose();
      throw error;
    }
  }

  private static async on(
    machinery: OpenedEngine,
    config: GptConfig,
    tokenizer: Tokenizer,
    { training, optimizer, labels, lora, freeze = 0, layerDecay = 1, recompute = false, quantize }: SessionOptions,
  ): Promise<Session> {
    const { engine } = machinery;
    const gpt = await Gpt.create(config, { lora, recompute });
    const body = parameterSpecs(config);
    const all = [...body, ...(lora ? loraSpecs(body, lora) : []), ...(labels ? [headSpec(config, labels.length)] : [])];
    const trained = withTrainable(all, { freeze, layerDecay, adaptersOnly: lora !== undefined });
    const fixed = (spec: (typeof trained)[number]) => !(training && spec.trainable);
    const packed = (scheme: Scheme) =>
      trained.map((spec) => ({ ...spec, quantized: fixed(spec) ? formatOf(spec, scheme) : undefined }));
    const specs = quantize ? packed(quantize) : trained;
    machinery.packed = new Set(specs.filter((spec: ArraySpec) => spec.quantized).map(({ name }) => name));
    const state = await engine.createState(specs, { training, optimizer: optimizer && optimizers[optimizer] });
    const classifier = labels && new Classifier(gpt, labels.length);
    return new Session(engine, gpt, tokenizer, state, specs, labels, classifier, machinery);
  }

  /**
   * Before training is compiled, for an engine that takes its memory when it compiles: from now on a training graph that this
   * process could not hold is refused with `run/memory`.
   */
  watchMemory(batching: Batching): void {
    if (this.engine.name === 'tensorflow') this.opened.watch.beforeTraining = () => this.requireMemory(batching);
  }

  /**
   * Once the programs of a training run are compiled, and before the first step.
   * @throws GptError `run/memory` when this process could not hold what they take
   */
  requireMemory(batching: Batching): void {
    const { name, device, jit, precision } = this.engine;
    if (name === 'eager' || device !== 'cpu') return; // not known
    const { specs } = this;
    const parts = {
      specs,
      optimizer: this.state.optimizer!,
      graphs: this.opened.graphs,
      programs: Math.max(1, this.opened.programs),
      gradAccum: batching.gradAccum,
      engine: name,
    };
    requireMemory(estimateMemory({ ...parts, ...(jit && { jit }), ...(precision && { precision }) }), batching);
  }

  /** The settings with what was found out about the machine: a resumed run must use the same. */
  settled<C extends MachineConfig>(config: C): C {
    const { jit, precision } = this.engine;
    return { ...config, ...(jit && { jit }), ...(precision && { precision }) };
  }

  /** Gives the parameters their values: those of a checkpoint, else initial ones. */
  async *fill(checkpoint: Checkpoint | undefined, options: FillOptions): AsyncGenerator<NoticeEvent> {
    const nonFinite = await fillState(this.state, this.specs, checkpoint, options);
    if (nonFinite.length > 0) {
      const message = `${checkpoint!.directory} holds NaN or infinity in ${nonFinite.join(', ')}`;
      yield { event: 'notice', level: 'warning', message };
    }
  }

  async *compileTraining(step: StepFunction, config: TrainingConfig): AsyncGenerator<PhaseEvent, TrainingProgram> {
    const options = optionsFor(this.state.optimizer!, config);
    this.optimizerOptions = options;
    return yield* phase('compiling', async () => {
      const program = await this.engine.compileTraining(step, this.state, options, {
        microBatches: config.gradAccum,
      });
      this.programs.push(program);
      return program;
    });
  }

  async compile(step: StepFunction): Promise<Program> {
    const program = await this.engine.compile(step, this.state);
    this.programs.push(program);
    return program;
  }

  /** The optimizer and its state, once training is compiled. */
  get trained(): TrainedContent | undefined {
    const { state, optimizerOptions: settings } = this;
    return settings && { state, optimizer: { name: state.optimizer!.name, settings } };
  }

  /** @param tokenizerKeys more keys of tokenizer_config.json */
  async save(
    directory: string,
    training: TrainingState,
    resumable: boolean,
    tokenizerKeys: CheckpointContent['tokenizerKeys'] = {},
  ): Promise<string> {
    const { state, tokenizer, labels, trained } = this;
    const { config } = this.gpt;
    const content = { config, tokenizer, state, trained, training, resumable, tokenizerKeys };
    await saveCheckpoint(directory, { ...content, ...(labels && { labels }) });
    return directory;
  }

  async close(): Promise<void> {
    for (const program of this.programs) await program.dispose();
    await this.state.dispose();
    this.classifier?.dispose();
    this.gpt.dispose();
    await this.engine.dispose();
  }
}
