import type { Cluster } from '../cluster/index.js';
import { share } from '../cluster/index.js';
import { inMemoryCluster } from '../cluster/testing/in-memory.js';
import type { StepResult } from '../engine/types.js';
import { type Evaluation, type TrainEvent, type TrainingJob, train } from './index.js';

/** A worker whose steps add up losses and votes through the cluster; its clock runs at a speed of its own. */
class Worker {
  seconds = 0;
  readonly controller = new AbortController();

  constructor(
    readonly cluster: Cluster,
    readonly stepSeconds: number,
    readonly losses: (iteration: number) => number = () => 1,
  ) {}

  job(changes: Partial<TrainingJob> = {}): TrainingJob {
    const { cluster } = this;
    return {
      program: {
        step: async (_, { iteration, votes = [] }): Promise<StepResult> => {
          this.seconds += this.stepSeconds;
          const [sum, ...all] = await cluster.sum(Float64Array.of(this.losses(iteration), ...votes));
          const loss = sum! / cluster.size;
          return { loss, gradNorm: 1, updated: Number.isFinite(loss), metrics: {}, votes: all };
        },
        dispose: async () => {},
      },
      microBatches: () => [{}],
      learningRate: () => 0.1,
      evaluate: async (signal) => share(cluster, await this.measure(signal)),
      tokensPerStep: 1,
      seed: 1,
      maxIters: 40,
      evalInterval: 5,
      logInterval: 10,
      clock: () => this.seconds,
      signal: this.controller.signal,
      cluster,
      ...changes,
    };
  }

  valLosses = [3, 2, 1];

  async measure(signal?: AbortSignal): Promise<Evaluation | null> {
    if (signal?.aborted) return null;
    this.seconds += 4;
    return { trainLoss: 1, valLoss: this.valLosses.shift() ?? 5, bitsPerByte: Number.NaN };
  }
}

async function runAll(
  workers: readonly Worker[],
  changes: Partial<TrainingJob>,
  listen: (event: TrainEvent, rank: number) => void = () => {},
): Promise<string[][]> {
  return Promise.all(
    workers.map(async (worker, rank) => {
      const received: string[] = [];
      for await (const event of train(worker.job(changes))) {
        received.push(`${event.event} ${event.iter}${'reason' in event ? ` ${event.reason}` : ''}`);
        listen(event, rank);
      }
      return received;
    }),
  );
}

const workersOf = (...speeds: number[]) =>
  inMemoryCluster(speeds.length).workers.map((cluster, i) => new Worker(cluster, speeds[i]!));

test('every worker yields the same events when one of them is interrupted, and stops at the same step', async () => {
  const workers = workersOf(1, 1, 1);
  const received = await runAll(workers, { logInterval: 1 }, (event, rank) => {
    if (event.event === 'step' && event.iter === 7 && rank === 2) workers[2]!.controller.abort();
  });
  expect(received[0]!.slice(-2)).toEqual(['save 8 interrupt', 'done 8 interrupted']);
  expect(received[1]).toEqual(received[0]);
  expect(received[2]).toEqual(received[0]);
});

test("a time budget ends by worker 0's clock, however the others' run", async () => {
  const workers = workersOf(1, 50, 0.01);
  const { maxIters: _, ...timed } = { maxIters: 0, maxSeconds: 20, evalInterval: 1000 };
  const received = await Promise.all(
    workers.map(async (worker) => {
      const { maxIters: __, ...job } = worker.job(timed);
      const events: string[] = [];
      for await (const event of train(job)) if (event.event === 'done') events.push(`${event.reason} ${event.iter}`);
      return events;
    }),
  );
  const [reason, iter] = received[0]![0]!.split(' ');
  expect(reason).toBe('time');
  expect(Number(iter)).toBeGreaterThan(10);
  expect(Number(iter)).toBeLessThanOrEqual(21);
  expect(received[1]).toEqual(received[0]);
  expect(received[2]).toEqual(received[0]);
});

test("an early stop is worker 0's finding, at every worker", async () => {
  const workers = workersOf(1, 1);
  workers[1]!.valLosses = [9, 8, 7, 6, 5, 4, 3, 2];
  const received = await runAll(workers, { earlyStop: 2 });
  expect(received[0]!.at(-1)).toBe('done 25 early-stop');
  expect(received[1]).toEqual(received[0]);
});

test('a NaN loss at one worker ends the run at all of them', async () => {
  const [first, second] = inMemoryCluster(2).workers;
  const workers = [new Worker(first!, 1), new Worker(second!, 1, (iter) => (iter === 4 ? Number.NaN : 1))];
  const received = await runAll(workers, {});
  expect(received[0]!.slice(-2)).toEqual(['save 3 diverged', 'done 3 diverged']);
  expect(received[1]).toEqual(received[0]);
});

test('an interrupt while worker 0 evaluates ends the run at every worker', async () => {
  const workers = workersOf(1, 1);
  workers[0]!.measure = async () => {
    workers[0]!.controller.abort();
    return null;
  };
  const received = await runAll(workers, {});
  expect(received[0]!.slice(-2)).toEqual(['save 5 interval', 'done 5 interrupted']);
  expect(received[1]).toEqual(received[0]);
});

test('a lost worker is an error at every other one, not a wait without end', async () => {
  const { workers: clusters, lose } = inMemoryCluster(3);
  const workers = clusters.map((cluster) => new Worker(cluster, 1));
  const running = [0, 1].map(async (rank) => {
    for await (const event of train(workers[rank]!.job({ logInterval: 1 }))) if (event.event === 'step') void event;
  });
  setTimeout(() => lose(2), 10);
  for (const run of running) await expect(run).rejects.toMatchObject({ code: 'cluster/worker-lost' });
});

test('an engine that brings no votes back is a bug that shows', async () => {
  const [worker] = workersOf(1);
  const job = worker!.job();
  job.program.step = async () => ({ loss: 1, gradNorm: 1, updated: true, metrics: {} });
  await expect(train(job).next()).rejects.toThrow('two votes were cast, none came back');
});
