// Which parameters of a state are compiled into a program, instead of being read at each run.
import type { Graph } from '../trace/graph.js';
import type { HostState, HostWeight } from './host-state.js';
import type { StepFunction } from './types.js';

/** By the names of a graph's inputs. */
export type Weights = ReadonlyMap<string, HostWeight>;

/**
 * The parameters that a graph reads, where they are to be compiled in: matrices in 8 or 4 bits always, float32 ones for a
 * step that is repeated. Undefined where they are read as inputs.
 */
export function constantWeights(graph: Graph, step: StepFunction, state: HostState): Weights | undefined {
  if (!(step.repeated || state.isQuantized) || !state.allowCopy()) return undefined;
  const read = graph.inputs.filter(({ name }) => !Object.hasOwn(step.inputs, name));
  return new Map(read.map(({ name }) => [name, state.weight(name)]));
}
