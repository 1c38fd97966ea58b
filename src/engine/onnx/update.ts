// Updates that have no kernel, compiled by onnxruntime from the optimizer's definition. One session for each kind of array,
// which takes several of them at once; the results are copied into the state, since a run may not write what it reads.
import type { OptimizerOptions, Span, SpanUpdater } from '../../optimizer/index.js';
import { sizeOf } from '../../trace/index.js';
import type { HostState } from '../host-state.js';
import type { GraphListener } from '../listener.js';
import { port, updateGraph } from '../update/graph.js';
import { type Together, togetherIn } from '../update/together.js';
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
  private readonly parts = new Map<Span, readonly Together[]>();

  private constructor(
    private readonly state: HostState,
    private readonly options: OptimizerOptions,
  ) {}

  static async open(state: HostState, options: OptimizerOptions, { onGraph, ...how }: How): Promise<CompiledUpdates> {
    const updates = new CompiledUpdates(state, options);
    for (const span of state.memory!.spans) if (!span.rule.kernel) await updates.compile(span, how, onGraph);
    return updates;
  }

  readonly updater: SpanUpdater = async (span, { gradientScale, scalars }) => {
    const shared: Record<string, Float32Array> = { [port.gradientScale]: Float32Array.of(gradientScale) };
    for (const [name, value] of Object.entries(scalars)) shared[port.scalar(name)] = Float32Array.of(value);
    for (const { key, arrays } of this.parts.get(span)!) {
      const feeds = { ...shared };
      const kept: [string, Float32Array][] = [];
      for (const [place, { name }] of arrays.entries()) {
        feeds[port.array('gradient', String(place))] = this.state.view('gradient', name);
        for (const { name: part } of this.state.arrays(name)) {
          const view = this.state.view(part, name);
          feeds[port.array(part, String(place))] = view;
          kept.push([port.array(part, String(place)), view]);
        }
      }
      const results = await this.sessions.get(key)!.run(feeds);
      for (const [output, view] of kept) view.set(results[output]!);
    }
  };

  async release(): Promise<void> {
    for (const session of this.sessions.values()) await session.release();
    this.sessions.clear();
  }

  private async compile(span: Span, how: SessionOptions, onGraph?: GraphListener): Promise<void> {
    const parts = togetherIn(span, this.options);
    this.parts.set(span, parts);
    for (const { key, group } of parts) {
      if (this.sessions.has(key)) continue;
      const graph = prepared(updateGraph(group, this.options));
      onGraph?.(graph, 'update');
      const threads = sizeOf(group.arrays[0]!.shape) < oneThread ? 1 : how.threads;
      this.sessions.set(key, await GraphSession.open(graph, { ...how, threads }));
    }
  }
}
