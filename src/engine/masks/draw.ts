// Draws lifted masks into memory that a session reads: the bits of rng.ts' maskBits, as ops/dropout defines them.
import { GptError } from '../../errors.js';
import { hash32, maskThreshold, mix32, stream } from '../../rng.js';
import { type HostArray, sizeOf } from '../../trace/graph.js';
import type { Feeds } from '../types.js';
import type { Mask } from './lift.js';
import { masksWasm } from './masks.generated.js';

interface Kernels {
  floatMask(target: number, n: number, start: number, step: number, key: number, threshold: number, kept: number): void;
  boolMask(target: number, n: number, start: number, step: number, key: number, threshold: number): void;
}

const page = 65536;
const reserved = 1024; // bytes at the start that the compiler may use
const elementBytes = (mask: Mask) => (mask.dtype === 'bool' ? 1 : 4);

const abort = () => {
  throw new Error('the kernel of masks aborted');
};

let compiled: WebAssembly.Module | undefined;

/** The masks of one graph. */
export class DrawnMasks {
  private readonly memory: WebAssembly.Memory;
  private readonly kernels: Kernels;
  private readonly pointers = new Map<Mask, number>();

  /** @throws GptError `memory/full` */
  constructor(private readonly masks: readonly Mask[]) {
    let end = reserved;
    for (const mask of masks) {
      this.pointers.set(mask, end);
      end += Math.ceil((sizeOf(mask.shape) * elementBytes(mask)) / 64) * 64;
    }
    const pages = Math.ceil(end / page);
    try {
      this.memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    } catch (cause) {
      throw new GptError('memory/full', `the system gave no ${(pages * page) / 2 ** 20} MiB for dropout's masks`, {
        hint: 'a smaller --batch-size with --grad-accum gives the same steps',
        cause,
      });
    }
    compiled ??= new WebAssembly.Module(Buffer.from(masksWasm, 'base64'));
    const { exports } = new WebAssembly.Instance(compiled, { env: { memory: this.memory, abort } });
    this.kernels = exports as unknown as Kernels;
  }

  /** Each mask's array: the memory itself, by the name of its input. */
  *arrays(): Iterable<readonly [string, HostArray]> {
    for (const mask of this.masks) {
      const [buffer, at, size] = [this.memory.buffer, this.pointers.get(mask)!, sizeOf(mask.shape)];
      yield [mask.name, mask.dtype === 'bool' ? new Uint8Array(buffer, at, size) : new Float32Array(buffer, at, size)];
    }
  }

  /** Writes all masks of a step. @param feeds with the inputs that they depend on */
  draw(feeds: Feeds): void {
    for (const mask of this.masks) {
      const [seed, step, row] = [mask.seed, mask.step, mask.row].map((name) =>
        name === undefined ? 0 : feeds[name]![0]!,
      );
      const key = hash32(stream.dropout, mask.place, seed!, step!);
      this.write(mask, key, mask.first + row! * mask.rowSize);
    }
  }

  private write(mask: Mask, key: number, first: number): void {
    const { starts, shape, kept } = mask;
    const [threshold, progression] = [maskThreshold(mask.rate), mix32(key) | 1];
    const width = sizeOf(shape) / starts.length;
    let target = this.pointers.get(mask)!;
    for (const start of starts) {
      if (mask.dtype === 'bool') this.kernels.boolMask(target, width, first + start, progression, key, threshold);
      else this.kernels.floatMask(target, width, first + start, progression, key, threshold, kept);
      target += width * elementBytes(mask);
    }
  }
}
