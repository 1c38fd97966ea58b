// Updates that have no kernel, compiled by onnxruntime from the optimizer's definition. One session for each kind of array;
// the results are copied into the state, since a run may not write what it reads.
import { constantsOf, type OptimizedArray, type OptimizerOptions, type SpanUpdater } from '../../optimizer/index.js';
import { sizeOf } from '../../trace/index.js';
import type { HostState } from '../host-state.js';
import type { GraphListener } from '../listener.js';
import { port, updateGraph } from '../update/graph.js';
import { prepared } from './graphs.js';
import { GraphSession, type SessionOptions } from './session.js';

type How = SessionOptions & { readonly onGraph?: GraphListener };

/** Arrays with fewer numbers are updated by one thread. */
const oneThread = 2 ** 14;

/** What the programs of a state share. */
interface Shared {
  readonly updates: Promise<CompiledUpdates>;
  users: number;
}
const sharedBy = new WeakMap<HostState, Map<string, Shared>>();

/**
 * Compiles what the arrays of a state need, once for all programs of the state.
 * @returns what updates their spans, and what is to be called when a program no longer does
 */
export async function compiledUpdates(
  state: HostState,
  options: OptimizerOptions,
  how: How,
): Promise<{ updater: SpanUpdater; release: () => Promise<void> }> {
  const all = sharedBy.get(state) ?? new Map<string, Shared>();
  sharedBy.set(state, all);
  const key = JSON.stringify(options);
  const shared = all.get(key) ?? { updates: CompiledUpdates.open(state, options, how), users: 0 };
  all.set(key, shared);
  shared.users++;
  const release = async () => {
    if (--shared.users > 0) return;
    all.delete(key);
    await (await shared.updates).release();
  };
  return { updater: (await shared.updates).updater, release };
}

class CompiledUpdates {
  private readonly sessions = new Map<string, GraphSession>();

  private constructor(
    private readonly state: HostState,
    private readonly options: OptimizerOptions,
  ) {}

  static async open(state: HostState, options: OptimizerOptions, { onGraph, ...how }: How): Promise<CompiledUpdates> {
    const updates = new CompiledUpdates(state, options);
    const arrays = state.memory!.spans.flatMap((span) => (span.rule.kernel ? [] : span.arrays));
    for (const array of arrays) await updates.compile(array, how, onGraph);
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

  private async compile(array: OptimizedArray, how: SessionOptions, onGraph?: GraphListener): Promise<void> {
    const key = this.key(array);
    if (this.sessions.has(key)) return;
    const rule = this.state.optimizer!.ruleFor(array);
    const graph = prepared(updateGraph({ rule, arrays: [{ ...array, name: '' }] }, this.options));
    onGraph?.(graph, 'update');
    const threads = sizeOf(array.shape) < oneThread ? 1 : how.threads;
    this.sessions.set(key, await GraphSession.open(graph, { ...how, threads }));
  }

  /** The same for arrays that one compiled update serves. */
  private key(array: OptimizedArray): string {
    const rule = this.state.optimizer!.ruleFor(array);
    const shapes = [array.shape, ...rule.slots(array).map(({ shape }) => shape)];
    return JSON.stringify([rule.op, array.decay, shapes, constantsOf(rule, this.options, array)]);
  }
}
