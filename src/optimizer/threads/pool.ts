// Kernels on several threads over shared memories. This thread works as well, and does all of it while others do not come. Where
// one core alone can use all of the memory's bandwidth, more threads only cost: each kernel is tried both ways, which have the
// same bits.
import { Worker } from 'node:worker_threads';
import { GptError } from '../../errors.js';
import { Board, type KernelRun, newBoard, runAlone, type SharedBoard } from './board.js';
import { kernelTable } from './instances.js';
import { Trial } from './trial.js';
import { workerSource } from './worker.generated.js';

export interface WorkerData {
  readonly module: WebAssembly.Module;
  readonly memories: readonly WebAssembly.Memory[];
  readonly board: SharedBoard;
}

/** A worker only makes short lists of numbers. */
const resourceLimits = { maxYoungGenerationSizeMb: 2 };

export class KernelThreads {
  private readonly board: Board;
  private readonly kernelOf: ReturnType<typeof kernelTable>;
  /** All threads but this one. */
  readonly workers: readonly Worker[];
  private readonly trials = new Map<string, Trial>();
  private failure: Error | undefined;

  /** @param threads all that compute, this one included */
  constructor(module: WebAssembly.Module, memories: readonly WebAssembly.Memory[], threads: number) {
    const kernels = WebAssembly.Module.exports(module).map(({ name }) => name);
    const shared = newBoard(kernels);
    this.board = new Board(shared);
    this.kernelOf = kernelTable(module, memories);
    const workerData: WorkerData = { module, memories, board: shared };
    this.workers = Array.from({ length: threads - 1 }, () => this.start(workerData));
  }

  /**
   * Runs a kernel, on this thread or on all, and waits for it.
   * @returns the sum of what the blocks returned
   * @throws GptError `optimizer/threads` when a thread could not be started or has died
   */
  run(run: KernelRun): number {
    if (this.failure)
      throw new GptError('optimizer/threads', `a thread of the optimizer has ended: ${this.failure.message}`, {
        hint: 'use --threads 1',
        cause: this.failure,
      });
    const key = `${run.kernel} ${run.length}`;
    const trial = this.trials.get(key) ?? new Trial();
    this.trials.set(key, trial);
    return trial.run(
      () => runAlone(this.kernelOf(run), run),
      () => this.runTogether(run),
    );
  }

  /** On all threads. */
  runTogether(run: KernelRun): number {
    this.board.post(run);
    this.board.work(this.kernelOf);
    return this.board.finish(run);
  }

  /** Ends the threads. */
  close(): void {
    this.board.close();
  }

  private start(workerData: WorkerData): Worker {
    const worker = new Worker(workerSource, { eval: true, workerData, execArgv: [], resourceLimits });
    worker.on('error', (error) => {
      this.failure = error;
    });
    worker.unref(); // a run that is not closed does not keep the process alive
    return worker;
  }
}
