// How threads share a kernel's run: it is posted on a board in shared memory, and each thread takes one block after the other
// until none is left. Which thread computes a block makes no difference to any bit. Knows no kernel.

/** One run of a kernel over arrays of one length, called for each block as kernel(...pointers, length, ...numbers). */
export interface KernelRun {
  /** Which of the memories, and the name of the kernel. */
  readonly memory: number;
  readonly kernel: string;
  /** Byte offsets of the arrays. */
  readonly pointers: readonly number[];
  /** In floats, a multiple of 16. */
  readonly length: number;
  readonly numbers: readonly number[];
}

export type Kernel = (...numbers: number[]) => number | undefined;

/** In floats; 16n. A block is a tenth of a millisecond of work: short enough to be shared out evenly. */
export const blockLength = 2 ** 16;

/** Of a memory of 4 GiB; below 2^16. */
const mostBlocks = 2 ** 30 / blockLength;
const mostNumbers = 32;
/** Seconds without an answer after which a thread is taken to be dead; a paused process has slept for one of them. */
const patience = 60;

/** Calls a kernel for one block; gives what it returns, 0 for nothing. */
function runBlock(kernel: Kernel, { pointers, length, numbers }: KernelRun, block: number): number {
  const start = block * blockLength;
  const moved = pointers.map((pointer) => pointer + start * 4);
  return kernel(...moved, Math.min(blockLength, length - start), ...numbers) ?? 0;
}

const blocksOf = ({ length }: KernelRun) => Math.ceil(length / blockLength);

/** Calls a kernel for all blocks, one after the other; gives the sum of what it returned. */
export function runAlone(kernel: Kernel, run: KernelRun): number {
  let sum = 0;
  for (let block = 0; block < blocksOf(run); block++) sum += runBlock(kernel, run, block);
  return sum;
}

// The words that threads meet at. `open` is the number of the run, modulo 2^16, and below it how many blocks nobody has taken
// yet: one word, so that a block is taken from the run that was read, or not at all.
const [open, finished, failed, closed] = [0, 1, 2, 3];

/** What the constructor of a thread's board is given. */
export interface SharedBoard {
  readonly words: SharedArrayBuffer;
  readonly posted: SharedArrayBuffer;
  readonly results: SharedArrayBuffer;
  /** By number, as they are posted. */
  readonly kernels: readonly string[];
}

export function newBoard(kernels: readonly string[]): SharedBoard {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  return { words: shared(16), posted: shared(8 * (5 + mostNumbers)), results: shared(8 * mostBlocks), kernels };
}

/** One thread's view of the board. */
export class Board {
  private readonly words: Int32Array;
  private readonly posted: Float64Array;
  private readonly results: Float64Array;

  constructor(private readonly shared: SharedBoard) {
    this.words = new Int32Array(shared.words);
    this.posted = new Float64Array(shared.posted);
    this.results = new Float64Array(shared.results);
  }

  /** Posts a run when all before it are finished, and wakes who waits. */
  post(job: KernelRun): void {
    const { words, posted } = this;
    const { memory, kernel, pointers, length, numbers } = job;
    if (pointers.length + numbers.length > mostNumbers) throw new Error(`${kernel} has too many arguments`);
    posted.set([memory, this.shared.kernels.indexOf(kernel), length, pointers.length, numbers.length]);
    posted.set([...pointers, ...numbers], 5);
    Atomics.store(words, finished, 0);
    const number = ((words[open]! >>> 16) + 1) << 16;
    Atomics.store(words, open, number | blocksOf(job));
    Atomics.notify(words, open);
  }

  /** Takes blocks of the posted run until none is left. */
  work(kernelOf: (run: KernelRun) => Kernel): void {
    const { words } = this;
    for (;;) {
      const seen = Atomics.load(words, open);
      const left = seen & 0xffff;
      if (left === 0) return;
      // What is read here may be half of another run; then `open` has changed as well, and nothing is taken.
      const run = this.read();
      if (Atomics.compareExchange(words, open, seen, seen - 1) !== seen) continue;
      this.compute(run, left - 1, kernelOf);
    }
  }

  /** Works on all runs until the board is closed. */
  serve(kernelOf: (run: KernelRun) => Kernel): void {
    const { words } = this;
    while (!Atomics.load(words, closed)) {
      this.work(kernelOf);
      const seen = Atomics.load(words, open);
      if ((seen & 0xffff) === 0 && !Atomics.load(words, closed)) Atomics.wait(words, open, seen);
    }
  }

  /**
   * Waits for the blocks that other threads have taken.
   * @returns the sum of what the blocks returned, in their order
   */
  finish(run: KernelRun): number {
    const { words } = this;
    const blocks = blocksOf(run);
    let waits = 0;
    for (let done = Atomics.load(words, finished); done < blocks; done = Atomics.load(words, finished))
      if (Atomics.wait(words, finished, done, 1000) === 'timed-out' && ++waits > patience)
        throw new Error(`${run.kernel} did not end on one of its threads`);
    if (Atomics.load(words, failed)) throw new Error(`${run.kernel} failed on one of its threads`);
    return this.results.subarray(0, blocks).reduce((sum, result) => sum + result, 0);
  }

  /** Ends `serve` on all threads. */
  close(): void {
    Atomics.store(this.words, closed, 1);
    Atomics.add(this.words, open, 1 << 16);
    Atomics.notify(this.words, open);
  }

  private compute(run: KernelRun, block: number, kernelOf: (run: KernelRun) => Kernel): void {
    const { words } = this;
    try {
      this.results[block] = runBlock(kernelOf(run), run, block);
    } catch {
      Atomics.store(words, failed, 1);
    }
    Atomics.add(words, finished, 1);
    Atomics.notify(words, finished);
  }

  private read(): KernelRun {
    const [memory, kernel, length, pointers, numbers] = this.posted;
    const all = [...this.posted.subarray(5, 5 + pointers! + numbers!)];
    return {
      memory: memory!,
      kernel: this.shared.kernels[kernel!]!,
      length: length!,
      pointers: all.slice(0, pointers),
      numbers: all.slice(pointers),
    };
  }
}
