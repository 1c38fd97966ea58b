// Where trainable arrays live: flat WebAssembly memories of a fixed size, one or several, in which each array is whole
// and has its gradient and its optimizer's slots in other regions. Knows no engine and no particular optimizer.
import { GptError } from '../errors.js';
import { type KernelSet, type Kernels, kernelsOn } from './kernels.js';
import type { OptimizedArray, Optimizer, Slot, UpdateRule } from './types.js';
import { scalarGroup } from './update.js';

/** `parameter`, `gradient`, `scratch`, or the name of a slot. */
export type Region = string;

/** Neighbouring arrays with one rule and one set of scalars: what one kernel call can work on. */
export interface Span {
  readonly kernels: Kernels;
  readonly rule: UpdateRule;
  readonly arrays: readonly OptimizedArray[];
  /** In floats, a multiple of 16: of the parameters, and of each slot that has their shape. */
  readonly length: number;
  /** Byte offset in its memory. */
  pointer(region: Region): number;
}

/** An array with all that is kept for it. */
interface Entry {
  readonly array: OptimizedArray;
  readonly rule: UpdateRule;
  readonly slots: readonly Slot[];
}

interface Place {
  readonly chunk: Chunk;
  /** In bytes from the memory's start, and in floats. */
  readonly regions: ReadonlyMap<Region, { readonly pointer: number; readonly size: number }>;
}

interface Chunk {
  readonly memory: WebAssembly.Memory;
  /** The memory's bytes. */
  readonly buffer: ArrayBuffer;
  readonly base: ReadonlyMap<Region, number>;
}

const page = 65536;
const aligned = 16; // floats: one cache line
const reserved = 1024; // bytes at the start that the compiler may use
/** A WebAssembly memory ends at 4 GiB; the rest is left for what the allocator rounds up. */
const largestChunk = 3.5 * 2 ** 30;

/** How several threads reach the memory. */
export interface Sharing {
  /** All that run a kernel, the caller's included; from 2 on. */
  readonly threads: number;
  /**
   * A second, ordinary buffer over the bytes of a shared one: native code and much of Node take no SharedArrayBuffer. It is valid
   * as long as the shared one is referenced.
   */
  unshared(buffer: SharedArrayBuffer): ArrayBuffer;
}

export interface FlatMemoryOptions {
  /** The largest memory to make, in bytes; for tests. */
  readonly chunkBytes?: number;
  /** Default: kernels run on the caller's thread. */
  readonly sharing?: Sharing | undefined;
}

/** Keeps a shared memory while a buffer over its bytes is in use. */
const shared = new WeakMap<ArrayBuffer, WebAssembly.Memory>();

export class FlatMemory {
  private runs: readonly Span[] = [];
  private readonly kernels: KernelSet;
  private readonly places = new Map<string, Place>();

  /**
   * All zeros. `gradient` is where a step's gradient ends up; `scratch` takes those of further micro-batches before they
   * are added. Pages that are never touched cost no memory, so a region that is not used is free.
   * @throws GptError `memory/array` when one array's regions are larger than a chunk, `memory/full` when the system
   * refuses the memory
   */
  constructor(arrays: readonly OptimizedArray[], optimizer: Optimizer, options: FlatMemoryOptions = {}) {
    const { chunkBytes = largestChunk, sharing } = options;
    const entries = arrays.map((array) => {
      const rule = optimizer.ruleFor(array);
      const slots = rule.slots(array);
      if (rule.kernel && slots.some(({ shape }) => shape.join() !== array.shape.join()))
        throw new Error(`${rule.op} has a kernel, so its slots must have the shape of ${array.name}`);
      return { array, rule, slots };
    });
    const groups = pack(entries, chunkBytes);
    const chunks = groups.map((group) => allocate(group, sharing));
    this.kernels = kernelsOn(
      chunks.map(({ memory }) => memory),
      sharing?.threads,
    );
    this.runs = groups.flatMap((group, i) => this.place(group, chunks[i]!, this.kernels.on[i]!));
  }

  /** All arrays, as few runs as there can be. */
  get spans(): readonly Span[] {
    return this.runs;
  }

  has(name: string): boolean {
    return this.places.has(name);
  }

  /** The array's part of a region: the memory itself, not a copy. */
  view(region: Region, name: string): Float32Array {
    const place = this.places.get(name);
    const found = place?.regions.get(region);
    if (!place || !found) throw new Error(`no ${region} of an array ${name} in this memory`);
    return new Float32Array(place.chunk.buffer, found.pointer, found.size);
  }

  /** Ends the threads and lets the memories go; views that are still held keep them alive. */
  dispose(): void {
    this.kernels.close();
    this.places.clear();
    this.runs = [];
  }

  /** Gives the entries of a chunk their places. */
  private place(group: readonly Entry[], chunk: Chunk, kernels: Kernels): Span[] {
    const spans: Span[] = [];
    const next = new Map(chunk.base);
    for (const alike of updatedAlike(group)) {
      const starts = new Map(next);
      for (const entry of alike) {
        const regions = regionsOf(entry).map(([region, size]) => {
          const pointer = next.get(region)!;
          next.set(region, pointer + room(size) * 4);
          return [region, { pointer, size }] as const;
        });
        this.places.set(entry.array.name, { chunk, regions: new Map(regions) });
      }
      const { rule } = alike[0]!;
      const length = (next.get('parameter')! - starts.get('parameter')!) / 4;
      const pointer = (region: Region) => starts.get(region)!;
      if (length > 0) spans.push({ kernels, rule, arrays: alike.map(({ array }) => array), length, pointer });
    }
    return spans;
  }
}

/** The arrays that one call of a kernel can update: first what is decayed. */
function updatedAlike(group: readonly Entry[]): Entry[][] {
  const alike = new Map<string, Entry[]>();
  const isDecayed = ({ array }: Entry) => array.decay;
  for (const entry of [...group.filter(isDecayed), ...group.filter((entry) => !isDecayed(entry))]) {
    const key = scalarGroup(entry.rule, entry.array);
    alike.set(key, [...(alike.get(key) ?? []), entry]);
  }
  return [...alike.values()];
}

/** What is kept for one array: regions and their sizes in floats. */
function regionsOf({ array, slots }: Entry): [Region, number][] {
  const size = sizeOf(array);
  return [
    ['parameter', size],
    ['gradient', size],
    ...slots.map((slot): [Region, number] => [slot.name, sizeOf(slot)]),
    ['scratch', size],
  ];
}

/** Bytes of address space that one array takes, all regions. */
function bytes(entry: Entry): number {
  return regionsOf(entry).reduce((sum, [, size]) => sum + room(size) * 4, 0);
}

function sizeOf({ shape }: { readonly shape: readonly number[] }): number {
  return shape.reduce((product, length) => product * length, 1);
}

function room(size: number): number {
  return Math.ceil(size / aligned) * aligned;
}

/** Groups in the given order, none larger than a chunk. */
function pack(entries: readonly Entry[], chunkBytes: number): Entry[][] {
  const groups: Entry[][] = [];
  let left = 0;
  for (const entry of entries) {
    const need = bytes(entry);
    if (need > chunkBytes - page) {
      const { name, shape } = entry.array;
      throw new GptError('memory/array', `${name} of shape [${shape}] needs ${need} bytes in one memory`, {
        hint: `at most ${chunkBytes - page} are possible; make the vocabulary or the width smaller`,
      });
    }
    if (groups.length === 0 || need > left) {
      groups.push([]);
      left = chunkBytes - page;
    }
    groups.at(-1)!.push(entry);
    left -= need;
  }
  return groups;
}

/** One region after the other. */
function allocate(group: readonly Entry[], sharing: Sharing | undefined): Chunk {
  const sizes = new Map<Region, number>();
  for (const [region, size] of group.flatMap(regionsOf)) sizes.set(region, (sizes.get(region) ?? 0) + room(size));
  const base = new Map<Region, number>();
  let end = reserved;
  for (const [region, size] of sizes) {
    base.set(region, end);
    end += size * 4;
  }
  const pages = Math.ceil(end / page);
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: sharing !== undefined });
    const { buffer } = memory;
    if (!sharing) return { memory, buffer, base };
    const unshared = sharing.unshared(buffer as unknown as SharedArrayBuffer);
    shared.set(unshared, memory);
    return { memory, buffer: unshared, base };
  } catch (cause) {
    const wanted = `${(pages * page) / 2 ** 20} MiB for parameters and optimizer state`;
    throw new GptError('memory/full', `the system gave no ${wanted}`, {
      hint: 'make the model smaller, or free memory (ulimit -v may also be too low)',
      cause,
    });
  }
}
