// Parameters and moments in this process's memory, shared by the engines that compute on the CPU. What is trained lies
// in flat WebAssembly memory, so that the optimizer's kernels reach it; what is not, in plain arrays.
import { GptError } from '../errors.js';
import { FlatMemory, type Region } from '../optimizer/index.js';
import type { ArraySpec, State, StateKind } from './types.js';

export class HostState implements State {
  /** The trainable arrays; undefined for inference. */
  readonly memory: FlatMemory | undefined;
  private readonly plain = new Map<string, Float32Array>();
  private readonly byName: ReadonlyMap<string, ArraySpec>;
  private disposed = false;

  /** All zeros. */
  constructor(
    readonly specs: readonly ArraySpec[],
    readonly training: boolean,
  ) {
    this.byName = new Map(specs.map((spec) => [spec.name, spec]));
    if (this.byName.size !== specs.length) throw new GptError('engine/state', 'two arrays have the same name');
    const trained = training ? specs.filter(isTrainable) : [];
    this.memory = training ? new FlatMemory(trained) : undefined;
    for (const spec of specs)
      if (!this.memory?.has(spec.name)) this.plain.set(spec.name, new Float32Array(sizeOf(spec)));
  }

  /** The array itself, not a copy. Moments exist only for what is trained. */
  view(kind: StateKind | Region, name: string): Float32Array {
    if (this.disposed) throw new Error('the state was disposed');
    if (!this.byName.has(name)) throw new GptError('engine/state', `the state holds no array ${JSON.stringify(name)}`);
    if (this.memory?.has(name)) return this.memory.view(kind, name);
    if (kind !== 'parameter') throw new GptError('engine/state', `${name} is not trained, so it has no ${kind}`);
    return this.plain.get(name)!;
  }

  async read(kind: StateKind, name: string): Promise<Float32Array> {
    return this.view(kind, name).slice();
  }

  async write(kind: StateKind, name: string, data: Float32Array): Promise<void> {
    const view = this.view(kind, name);
    if (data.length !== view.length)
      throw new GptError('engine/state', `${name} of ${view.length} numbers was given ${data.length}`);
    view.set(data);
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    this.memory?.dispose();
    this.plain.clear();
  }

  /** Names of what is trained, in the specs' order. */
  trainableNames(): string[] {
    return this.training ? this.specs.filter(isTrainable).map(({ name }) => name) : [];
  }
}

/** Whether a state for training has moments of this array. */
export function isTrainable(spec: ArraySpec): boolean {
  return spec.trainable !== false;
}

function sizeOf({ shape }: ArraySpec): number {
  return shape.reduce((product, length) => product * length, 1);
}
