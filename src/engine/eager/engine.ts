// Runs a step op by op on a tfjs backend, again in every call: slow, and the oracle of the engines that compile.
import { GptError } from '../../errors.js';
import { definedUpdater } from '../../optimizer/index.js';
import * as tf from '../../tf.js';
import type { DType, HostArray } from '../../trace/graph.js';
import { type Graph, interpret, optimize, placeholder } from '../../trace/index.js';
import { checkFeeds, feedsOf } from '../feeds.js';
import { HostState } from '../host-state.js';
import { checkTrained, checkVariables, type GradientPass, hostTraining } from '../host-training.js';
import type {
  Device,
  Engine,
  Feeds,
  OptimizerOptions,
  Program,
  Results,
  State,
  StateOptions,
  StepFunction,
  TrainingProgram,
} from '../types.js';
import { type Backend, openBackend } from './backend.js';

/** @throws GptError `eager/device` */
export async function createEagerEngine({ device }: { device: Device | 'auto' }): Promise<Engine> {
  const backend = openBackend(device);
  return new EagerEngine(backend.device, backend.on);
}

class EagerEngine implements Engine {
  readonly name = 'eager';
  readonly threads = 1;

  constructor(
    readonly device: Device,
    private readonly on: Backend['on'],
  ) {}

  async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    return new HostState(specs, options);
  }

  async compile(step: StepFunction, state: State): Promise<Program> {
    const host = state as HostState;
    checkVariables(step, host);
    return {
      run: async (feeds) => {
        checkFeeds(step, feeds);
        return this.inside(step, host, feeds, (inputs) => {
          const outputs = Object.entries(step.run(inputs));
          return Object.fromEntries(outputs.map(([name, tensor]) => [name, numbersOf(tensor)]));
        });
      },
      dispose: async () => {},
    };
  }

  async compileGraph(graph: Graph): Promise<Program> {
    const improved = optimize(graph);
    return {
      run: async (feeds) => {
        checkFeeds(feedsOf(graph), feeds);
        return interpret(improved, feeds);
      },
      dispose: async () => {},
    };
  }

  async compileTraining(step: StepFunction, state: State, options: OptimizerOptions): Promise<TrainingProgram> {
    const host = state as HostState;
    checkVariables(step, host);
    const names = checkTrained(step, host);
    const variables = names.map((name) => step.variables.get(name)!);
    const pass: GradientPass = async (feeds, region) => {
      let outputs: Results = {};
      this.inside(step, host, feeds, (inputs) => {
        const forward = () => {
          const results = step.run(inputs);
          outputs = Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, numbersOf(tensor)]));
          if (!results['loss']) throw new GptError('engine/loss', `${step.name} gives no loss`);
          return results['loss'];
        };
        const { grads } = tf.engine().gradients(forward, variables, undefined, true);
        names.forEach((name, i) => {
          const view = host.view(region, name);
          const gradient = grads[i] as tf.Tensor | null;
          if (gradient) view.set(gradient.dataSync());
          else view.fill(0);
        });
      });
      return outputs;
    };
    const defined = definedUpdater(host.memory!, options);
    const updater: typeof defined = (span, update) => this.on(() => defined(span, update));
    return hostTraining({ step, state: host, options, pass, updater, release: async () => {} });
  }

  async dispose(): Promise<void> {
    // Holds nothing.
  }

  /** Runs `f` with the step's variables bound to the state; no tensor is left over. */
  private inside<T>(step: StepFunction, state: HostState, feeds: Feeds, f: (inputs: tf.NamedTensorMap) => T): T {
    return this.on(() => {
      bind(step, (name, shape) => tf.tensor(state.view('parameter', name), shape));
      let result: T;
      try {
        tf.tidy(() => {
          const inputs = Object.entries(step.inputs).map(([name, { shape, dtype }]) => {
            return [name, tf.tensor(feeds[name]!, [...shape], dtype)] as const;
          });
          result = f(Object.fromEntries(inputs));
        });
      } finally {
        bind(step, (_, shape) => placeholder({ shape, dtype: 'float32' }));
      }
      return result!;
    });
  }
}

/** On the CPU the tensors are the state's own memory, so they see every update. */
function bind(step: StepFunction, make: (name: string, shape: number[]) => tf.Tensor): void {
  for (const [name, variable] of step.variables) {
    const tensor = make(name, variable.shape);
    variable.assign(tensor);
    tensor.dispose();
  }
}

/** A copy: tfjs gives its own memory, or ours. */
function numbersOf(tensor: tf.Tensor): HostArray {
  const data = tensor.dataSync();
  switch (tensor.dtype as DType) {
    case 'float32':
      return Float32Array.from(data);
    case 'int32':
      return Int32Array.from(data);
    default:
      return Uint8Array.from(data);
  }
}
