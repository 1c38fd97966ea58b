// The engine with parameters and slots in a device's memory. Graphs without a state run as they do elsewhere.
import { inferenceGraph, trainingGraph } from '../../graphs-of-step.js';
import { HostEngine, type HostRuntime } from '../../host-engine.js';
import { checkTrained, checkVariables } from '../../host-training.js';
import type { OptimizerOptions, Program, State, StateOptions, StepFunction, TrainingProgram } from '../../types.js';
import type { SessionOptions } from '../session.js';
import { deviceProgram, deviceTraining } from './programs.js';
import { DeviceState } from './state.js';

export class DeviceEngine extends HostEngine {
  constructor(
    private readonly graphs: HostRuntime,
    private readonly options: SessionOptions,
  ) {
    super(graphs);
  }

  override async createState(specs: State['specs'], options: StateOptions): Promise<State> {
    return DeviceState.create(specs, options, this.options);
  }

  override async compile(step: StepFunction, state: State): Promise<Program> {
    const held = state as DeviceState;
    checkVariables(step, held);
    const graph = inferenceGraph(step, this.graphs.prepared);
    this.graphs.onGraph?.(graph, 'inference');
    return deviceProgram(step, graph, held, this.options);
  }

  override async compileTraining(
    step: StepFunction,
    state: State,
    options: OptimizerOptions,
  ): Promise<TrainingProgram> {
    const held = state as DeviceState;
    checkVariables(step, held);
    const graph = trainingGraph(step, checkTrained(step, held), this.graphs.prepared);
    this.graphs.onGraph?.(graph, 'training');
    return deviceTraining(step, graph, held, options, this.options);
  }
}
