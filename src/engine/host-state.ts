// Parameters and slots in this process's memory, shared by the engines that compute on the CPU. What is trained lies in
// flat WebAssembly memory, so that the optimizers' kernels reach it; what is not, in plain arrays.
import { FlatMemory, type Region, type Sharing } from '../optimizer/index.js';
import { sizeOf } from '../trace/graph.js';
import { StateLayout } from './layout.js';
import { sharingFor } from './shared-memory.js';
import type { ArraySpec, State, StateOptions } from './types.js';

export class HostState extends StateLayout implements State {
  /** The trainable arrays; undefined for inference. */
  readonly memory: FlatMemory | undefined;
  private readonly plain = new Map<string, Float32Array>();

  /** All zeros. A large state is updated by so many threads. */
  static async create(specs: readonly ArraySpec[], options: StateOptions, threads: number): Promise<HostState> {
    return new HostState(specs, options, options.training ? await sharingFor(specs, threads) : undefined);
  }

  /** As `create`, for one thread unless the memory is shared. */
  constructor(specs: readonly ArraySpec[], options: StateOptions, sharing?: Sharing) {
    super(specs, options);
    this.memory = this.optimizer && new FlatMemory(this.trained, this.optimizer, { sharing });
    for (const { name, shape } of specs)
      if (!this.memory?.has(name)) this.plain.set(name, new Float32Array(sizeOf(shape)));
  }

  /** The array itself, not a copy. */
  view(region: Region, name: string): Float32Array {
    const own = this.plain.get(name);
    if (own || (region !== 'gradient' && region !== 'scratch')) this.shapeOf(region, name);
    return own ?? this.memory!.view(region, name);
  }

  async read(slot: string, name: string): Promise<Float32Array> {
    return this.view(slot, name).slice();
  }

  async write(slot: string, name: string, data: Float32Array): Promise<void> {
    this.requireSize(slot, name, data);
    this.view(slot, name).set(data);
  }

  async dispose(): Promise<void> {
    this.close();
    this.memory?.dispose();
    this.plain.clear();
  }
}
