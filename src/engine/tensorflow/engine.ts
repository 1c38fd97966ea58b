// The engine on TensorFlow's C library: steps are traced once, become functions, and run on resource variables.
import { GptError } from '../../errors.js';
import { trace } from '../../trace/index.js';
import { checkFeeds } from '../feeds.js';
import { checkTrained, checkVariables, guarded } from '../host-training.js';
import type {
  AdamWOptions,
  Device,
  Engine,
  GraphListener,
  Jit,
  Precision,
  Program,
  State,
  StepFunction,
  TrainingProgram,
} from '../types.js';
import { compileGraph } from './compile.js';
import { prepared } from './graphs.js';
import { fastest } from './jit.js';
import { Context, loadLibrary } from './native/index.js';
import { VariableState } from './state.js';
import { Training } from './training.js';
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
}

/** @throws GptError `tensorflow/missing`, `tensorflow/load`, `tensorflow/ffi` */
export async function createTensorflowEngine(options: TensorflowEngineOptions): Promise<Engine> {
  const { device, threads, verbose = false } = options;
  const library = await loadLibrary({ verbose });
  const gpu = device === 'cuda';
  if (!gpu && device !== 'cpu')
    throw new GptError('engine/device', `the tensorflow engine has no device ${device}`, {
      hint: '--device cpu or cuda, or --backend onnx',
    });
  const context = Context.open(library, { threads, interThreads: 1, growMemory: true, gpu });
  if (gpu && !context.devices().some(({ type }) => type === 'GPU')) {
    context.dispose();
    throw new GptError('engine/device', 'TensorFlow finds no NVIDIA GPU here', {
      hint: 'gpt-cli setup tensorflow --gpu brings the CUDA libraries; or --device cpu',
    });
  }
  return new TensorflowEngine(context, options);
}

class TensorflowEngine implements Engine {
  readonly name = 'tensorflow';
  readonly device: Device;
  readonly threads: number;
  private mode: Mode | undefined;

  constructor(
    private readonly context: Context,
    private readonly options: TensorflowEngineOptions,
  ) {
    this.device = options.device;
    this.threads = options.threads;
    if (options.jit !== 'auto') this.mode = options.jit;
  }

  get jit(): Mode | undefined {
    return this.mode;
  }

  async createState(specs: State['specs'], { training }: { training: boolean }): Promise<State> {
    return new VariableState(this.context, specs, training, this.place);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    const held = state as VariableState;
    checkVariables(step, held);
    const mode = this.mode ?? 'graph';
    const graph = prepared(trace(step), mode);
    this.options.onGraph?.(graph, 'inference');
    const variable = (name: string) =>
      Object.hasOwn(step.inputs, name) ? undefined : held.variable('parameter', name);
    const native = compileGraph(this.context, graph, { manner: this.manner(mode), device: this.place, variable });
    return {
      run: async (feeds) => {
        checkFeeds(step, feeds);
        return native.run(feeds);
      },
      dispose: async () => native.dispose(),
    };
  }

  async compileTraining(
    step: StepFunction,
    state: State,
    optimizer: AdamWOptions,
    { microBatches = 1 }: { microBatches?: number } = {},
  ): Promise<TrainingProgram> {
    const held = state as VariableState;
    checkVariables(step, held);
    const names = checkTrained(step, held);
    const trainable = new Set(names);
    const traced = trace(step, { gradients: true, trainable: (name) => trainable.has(name) });
    this.options.onGraph?.(prepared(traced, this.mode ?? 'xla'), 'training');
    const make = (mode: Mode) => {
      const parts = { context: this.context, step, names, state: held, optimizer };
      return new Training({ ...parts, graph: prepared(traced, mode), manner: this.manner(mode), device: this.place });
    };
    const training = await this.chosen(make, microBatches);
    return guarded(
      (batches, update) => training.step(batches, update),
      async () => training.dispose(),
    );
  }

  async dispose(): Promise<void> {
    this.context.dispose();
  }

  /** TensorFlow's name of the device. */
  private get place(): string | undefined {
    return this.device === 'cuda' ? '/job:localhost/replica:0/task:0/device:GPU:0' : undefined;
  }

  private manner(mode: Mode): Manner {
    return { mode, precision: this.options.precision };
  }

  /** Compiled. The first program decides for all. */
  private async chosen(make: (mode: Mode) => Training, microBatches: number): Promise<Training> {
    if (this.mode === undefined) {
      const { mode, training } = await fastest(make, microBatches);
      this.mode = mode;
      return training;
    }
    const training = make(this.mode);
    await training.warmUp(microBatches);
    return training;
  }
}
