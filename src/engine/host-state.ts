// Parameters and slots in this process's memory, shared by the engines that compute on the CPU. What is trained lies in
// flat WebAssembly memory, so that the optimizers' kernels reach it; what is not, in plain arrays.
import { FlatMemory, type Region, type Sharing } from '../optimizer/index.js';
import { dequantize, emptyMatrix, type OutputAxis, type QuantizedMatrix, quantizeInto } from '../quantization/index.js';
import { sizeOf } from '../trace/graph.js';
import { StateLayout } from './layout.js';
import { sharingFor } from './shared-memory.js';
import type { ArraySpec, State, StateOptions } from './types.js';

/** A parameter that does not change: float32 numbers, or a matrix in 8 or 4 bits. */
export type HostWeight =
  | { readonly values: Float32Array }
  | { readonly matrix: QuantizedMatrix; readonly outputAxis: OutputAxis };

/** Programs that may hold float32 parameters of their own: as many as two, or whatever fits into this. */
const copies = { programs: 2, bytes: 256 * 2 ** 20 };

export class HostState extends StateLayout implements State {
  /** The trainable arrays; undefined for inference. */
  readonly memory: FlatMemory | undefined;
  private readonly plain = new Map<string, Float32Array>();
  private readonly quantized = new Map<string, { matrix: QuantizedMatrix; outputAxis: OutputAxis }>();
  private copied = 0;

  /** All zeros. A large state is updated by so many threads. */
  static async create(specs: readonly ArraySpec[], options: StateOptions, threads: number): Promise<HostState> {
    return new HostState(specs, options, options.training ? await sharingFor(specs, threads) : undefined);
  }

  /** As `create`, for one thread unless the memory is shared. */
  constructor(specs: readonly ArraySpec[], options: StateOptions, sharing?: Sharing) {
    super(specs, options);
    this.memory = this.optimizer && new FlatMemory(this.trained, this.optimizer, { sharing });
    for (const spec of specs) {
      const { name, shape, quantized } = spec;
      if (this.memory?.has(name)) continue;
      if (quantized) this.quantized.set(name, emptyLike(shape, quantized));
      else this.plain.set(name, new Float32Array(sizeOf(shape)));
    }
  }

  /** The array itself, not a copy. @throws Error for one that is kept in 8 or 4 bits */
  view(region: Region, name: string): Float32Array {
    const own = this.plain.get(name);
    if (own || (region !== 'gradient' && region !== 'scratch')) this.shapeOf(region, name);
    if (this.quantized.has(name)) throw new Error(`${name} is not kept in float32`);
    return own ?? this.memory!.view(region, name);
  }

  /** A parameter as it is kept, not a copy. */
  weight(name: string): HostWeight {
    return this.quantized.get(name) ?? { values: this.view('parameter', name) };
  }

  /** Whether any parameter is kept in 8 or 4 bits. */
  get isQuantized(): boolean {
    return this.quantized.size > 0;
  }

  /**
   * Asks whether one more program may hold the parameters as constants of its own. A library packs them, which takes their memory
   * again, in every program.
   */
  allowCopy(): boolean {
    if (this.training) return false;
    if (this.isQuantized) return true; // their products need constants
    const bytes = [...this.plain.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (this.copied >= copies.programs && (this.copied + 1) * bytes > copies.bytes) return false;
    this.copied++;
    return true;
  }

  /** A program that held a copy is gone. */
  returnCopy(): void {
    this.copied--;
  }

  async read(slot: string, name: string): Promise<Float32Array> {
    const own = slot === 'parameter' ? this.quantized.get(name) : undefined;
    return own ? dequantize(own.matrix, own.outputAxis) : this.view(slot, name).slice();
  }

  async write(slot: string, name: string, data: Float32Array): Promise<void> {
    this.requireSize(slot, name, data);
    const own = slot === 'parameter' ? this.quantized.get(name) : undefined;
    if (own) quantizeInto(own.matrix, data, own.outputAxis);
    else this.view(slot, name).set(data);
  }

  async dispose(): Promise<void> {
    this.close();
    this.memory?.dispose();
    this.plain.clear();
    this.quantized.clear();
  }
}

function emptyLike(shape: readonly number[], { bits, outputAxis }: NonNullable<ArraySpec['quantized']>) {
  const [rows, columns] = [shape[outputAxis]!, shape[1 - outputAxis]!];
  return { matrix: emptyMatrix(rows, columns, bits), outputAxis };
}
