// Where trainable arrays live: flat WebAssembly memories of a fixed size, one or several, in which each array is whole
// and has its gradient and moments at the same place of other regions. Knows nothing of engines.
import { GptError } from '../errors.js';
import { type Kernels, kernelsOn } from './kernels.js';
import type { FlatArray } from './types.js';

/**
 * `gradient` is where a step's gradient ends up; `scratch` takes those of further micro-batches before they are added.
 * Pages that are never touched cost no memory, so a region that is not used is free.
 */
export const regions = ['parameter', 'gradient', 'firstMoment', 'secondMoment', 'scratch'] as const;
export type Region = (typeof regions)[number];

/** A run of neighbouring arrays with one decay and one learning rate: what one kernel call works on. */
export interface Span {
  readonly kernels: Kernels;
  readonly decay: boolean;
  readonly learningRateScale: number;
  /** In floats, a multiple of 16. */
  readonly length: number;
  /** Byte offset in its memory. */
  pointer(region: Region): number;
}

interface Place {
  readonly chunk: Chunk;
  /** In floats from the region's start. */
  readonly offset: number;
  readonly size: number;
}

interface Chunk {
  readonly memory: WebAssembly.Memory;
  readonly base: Readonly<Record<Region, number>>;
}

const page = 65536;
const aligned = 16; // floats: one cache line
const reserved = 1024; // bytes at the start that the compiler may use
/** A WebAssembly memory ends at 4 GiB; the rest is left for what the allocator rounds up. */
const largestChunk = 3.5 * 2 ** 30;

export class FlatMemory {
  private runs: readonly Span[] = [];
  private readonly places = new Map<string, Place>();

  /**
   * All zeros.
   * @param chunkBytes the largest memory to make; for tests
   * @throws GptError `memory/array` when one array's five regions are larger than a chunk, `memory/full` when the
   * system refuses the memory
   */
  constructor(arrays: readonly FlatArray[], chunkBytes = largestChunk) {
    const spans: Span[] = [];
    for (const group of pack(arrays, chunkBytes)) this.place(group, spans);
    this.runs = spans;
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
    if (!place) throw new Error(`no array ${name} in this memory`);
    const { chunk, offset, size } = place;
    return new Float32Array(chunk.memory.buffer, chunk.base[region] + offset * 4, size);
  }

  /** Lets the memories go; views that are still held keep them alive. */
  dispose(): void {
    this.places.clear();
    this.runs = [];
  }

  private place(group: readonly FlatArray[], spans: Span[]): void {
    const total = group.reduce((sum, array) => sum + room(array), 0);
    const chunk = allocate(total);
    const kernels = kernelsOn(chunk.memory);
    let offset = 0;
    for (const alike of updatedAlike(group)) {
      const start = offset;
      for (const array of alike) {
        this.places.set(array.name, { chunk, offset, size: sizeOf(array) });
        offset += room(array);
      }
      const pointer = (region: Region) => chunk.base[region] + start * 4;
      const { decay, learningRateScale = 1 } = alike[0]!;
      if (offset > start) spans.push({ kernels, decay, learningRateScale, length: offset - start, pointer });
    }
  }
}

/** The arrays that one call of a kernel can update: of one learning rate, first what is decayed. */
function updatedAlike(group: readonly FlatArray[]): FlatArray[][] {
  const alike = new Map<string, FlatArray[]>();
  const decayedFirst = [...group.filter(({ decay }) => decay), ...group.filter(({ decay }) => !decay)];
  for (const array of decayedFirst) {
    const key = `${array.decay} ${array.learningRateScale ?? 1}`;
    alike.set(key, [...(alike.get(key) ?? []), array]);
  }
  return [...alike.values()];
}

/** Bytes of address space that one array takes, all regions. */
function bytes(array: FlatArray): number {
  return room(array) * 4 * regions.length;
}

function sizeOf({ shape }: FlatArray): number {
  return shape.reduce((product, length) => product * length, 1);
}

function room(array: FlatArray): number {
  return Math.ceil(sizeOf(array) / aligned) * aligned;
}

/** Groups in the given order, none larger than a chunk. */
function pack(arrays: readonly FlatArray[], chunkBytes: number): FlatArray[][] {
  const groups: FlatArray[][] = [];
  let left = 0;
  for (const array of arrays) {
    const need = bytes(array);
    if (need > chunkBytes - page)
      throw new GptError('memory/array', `${array.name} of shape [${array.shape}] needs ${need} bytes in one memory`, {
        hint: `at most ${chunkBytes - page} are possible; make the vocabulary or the width smaller`,
      });
    if (groups.length === 0 || need > left) {
      groups.push([]);
      left = chunkBytes - page;
    }
    groups.at(-1)!.push(array);
    left -= need;
  }
  return groups;
}

function allocate(floats: number): Chunk {
  const pages = Math.ceil((reserved + floats * 4 * regions.length) / page);
  const base = Object.fromEntries(regions.map((region, i) => [region, reserved + i * floats * 4]));
  try {
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    return { memory, base: base as Record<Region, number> };
  } catch (cause) {
    throw new GptError('memory/full', `the system gave no ${(pages * page) / 2 ** 20} MiB for parameters and moments`, {
      hint: 'make the model smaller, or free memory (ulimit -v may also be too low)',
      cause,
    });
  }
}
