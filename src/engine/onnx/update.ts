// Updates that have no kernel, compiled by onnxruntime from the optimizer's definition. One session for each kind of array;
// the results are copied into the state, since a run may not write what it reads.
import { constantsOf, type OptimizedArray, type OptimizerOptions, type SpanUpdater } from '../../optimizer/index.js';
import { sizeOf } from '../../trace/index.js';
import type { HostState } from '../host-state.js';
import type { GraphListener } from '../listener.js';
import { port, updateGraph } from '../update/graph.js';
import { prepared } from './graphs.js';
import { GraphSession, type SessionOptions } from './session.js';

/** Arrays with fewer numbers are updated by one thread. */
const oneThread = 2 ** 14;

export class CompiledUpdates {
  private readonly sessions = new Map<string, GraphSession>();

  private constructor(
    private readonly state: HostState,
    private readonly options: OptimizerOptions,
  ) {}

  /** Compiles what the arrays of a state need. */
  static async open(
    state: HostState,
    options: OptimizerOptions,
    { onGraph, ...how }: SessionOptions & { readonly onGraph?: GraphListener },
  ): Promise<CompiledUpdates> {
    const updates = new CompiledUpdates(state, options);
    for (const { rule, arrays } of state.memory!.spans) {
      if (rule.kernel) continue;
      for (const array of arrays) {
        const key = updates.key(array);
        if (updates.sessions.has(key)) continue;
        const graph = prepared(updateGraph({ rule, arrays: [{ ...array, name: '' }] }, options));
        onGraph?.(graph, 'update');
        const threads = sizeOf(array.shape) < oneThread ? 1 : how.threads;
        updates.sessions.set(key, await GraphSession.open(graph, { ...how, threads }));
      }
    }
    return updates;
  }

  readonly updater: SpanUpdater = async ({ arrays }, { gradientScale, scalars }) => {
    const shared: Record<string, Float32Array> = { [port.gradientScale]: Float32Array.of(gradientScale) };
    for (const [name, value] of Object.entries(scalars)) shared[port.scalar(name)] = Float32Array.of(value);
    for (const array of arrays) {
      const { name } = array;
      const parts = this.state.arrays(name).map((part) => part.name);
      const given = [...parts, 'gradient'].map((part) => [port.array(part, ''), this.state.view(part, name)] as const);
      const results = await this.sessions.get(this.key(array))!.run({ ...shared, ...Object.fromEntries(given) });
      for (const part of parts) this.state.view(part, name).set(results[port.array(part, '')]!);
    }
  };

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }

  /** The same for arrays that one compiled update serves. */
  private key(array: OptimizedArray): string {
    const rule = this.state.optimizer!.ruleFor(array);
    const shapes = [array.shape, ...rule.slots(array).map(({ shape }) => shape)];
    return JSON.stringify([rule.op, array.decay, shapes, constantsOf(rule, this.options, array)]);
  }
}
