// Which parameters of a state a program has in another way than as float32 inputs.
import type { Graph } from '../trace/graph.js';
import type { HostState, HostWeight } from './host-state.js';
import type { StepFunction } from './types.js';

export interface ProgramWeight {
  readonly weight: HostWeight;
  /** Whether it is a constant of the program; else it is read where it lies, and unpacked at each use. */
  readonly compiledIn: boolean;
}

/** By the names of a graph's inputs. */
export type Weights = ReadonlyMap<string, ProgramWeight>;

/**
 * The parameters that a graph reads, where all are to be compiled in: matrices in 8 or 4 bits always, float32 ones for a
 * step that is repeated. Undefined where they are read as inputs.
 */
export function constantWeights(graph: Graph, step: StepFunction, state: HostState): Weights | undefined {
  if (!(step.repeated || state.isQuantized) || !state.allowCopy()) return undefined;
  return new Map(readBy(graph, step, state).map((name) => [name, { weight: state.weight(name), compiledIn: true }]));
}

/** Of the parameters that a graph reads, those in 8 or 4 bits, as inputs: the frozen ones of a state that is trained. */
export function packedWeights(graph: Graph, step: StepFunction, state: HostState): Weights {
  const packed = readBy(graph, step, state).flatMap((name): [string, ProgramWeight][] => {
    const weight = state.weight(name);
    return 'matrix' in weight ? [[name, { weight, compiledIn: false }]] : [];
  });
  return new Map(packed);
}

/** The parameters among a graph's inputs: not what is fed, nor what an engine has added. */
export function readBy(graph: Graph, step: StepFunction, { specs }: Pick<HostState, 'specs'>): string[] {
  const parameters = new Set(specs.map(({ name }) => name));
  const names = graph.inputs.map(({ name }) => name);
  return names.filter((name) => parameters.has(name) && !Object.hasOwn(step.inputs, name));
}
