import { jest } from '@jest/globals';
import type { StepResult } from '../engine/types.js';
import { Random } from '../rng.js';
import {
  type Evaluation,
  type SaveRequest,
  type TrainEvent,
  type TrainingJob,
  type TrainingState,
  train,
} from './index.js';

/** One weight pulled towards noisy targets: everything a loop can get wrong shows in its bits. */
class Fake {
  weight = 10;
  seconds = 0;
  stepSeconds = 1;
  failAt = Number.POSITIVE_INFINITY;
  readonly steps: { iteration: number; learningRate: number }[] = [];

  job(changes: Partial<TrainingJob> = {}): TrainingJob {
    return {
      program: {
        step: async (batches, { learningRate, iteration }): Promise<StepResult> => {
          this.steps.push({ iteration, learningRate });
          this.seconds += this.stepSeconds;
          const errors = batches.map(({ x }) => this.weight - x![0]!);
          const gradient = errors.reduce((a, b) => a + b, 0) / errors.length;
          const loss = errors.reduce((a, b) => a + b * b, 0) / errors.length;
          if (iteration === this.failAt) {
            return { loss: Number.NaN, gradNorm: Number.NaN, updated: false, metrics: {} };
          }
          this.weight -= learningRate * gradient;
          return { loss, gradNorm: Math.abs(gradient), updated: true, metrics: {} };
        },
        dispose: async () => {},
      },
      microBatches: (iter) => [0, 1].map((micro) => ({ x: new Float32Array([new Random(iter, micro).next()]) })),
      learningRate: (iter, total) => 0.1 * (1 - iter / ((total ?? 1e9) + 1)),
      evaluate: async () => this.measure(),
      tokensPerStep: 100,
      seed: 1,
      maxIters: 20,
      evalInterval: 5,
      logInterval: 1,
      clock: () => this.seconds,
      ...changes,
    };
  }

  measure(): Evaluation {
    this.seconds += 10;
    return { trainLoss: this.weight ** 2, valLoss: (this.weight - 1) ** 2, bitsPerByte: 0 };
  }
}

async function collect(job: TrainingJob, listen: (event: TrainEvent) => void = () => {}): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(job)) {
    events.push(event);
    listen(event);
  }
  return events;
}

/** The events without their times. */
function untimed(events: readonly TrainEvent[]): unknown[] {
  return JSON.parse(
    JSON.stringify(events, (key, value) => (key === 'elapsed' || key === 'tokensPerSecond' ? undefined : value)),
  );
}

const kinds = (events: readonly TrainEvent[]) =>
  events.map((event) => {
    if (event.event === 'save') return `save ${event.reason} ${event.iter}`;
    return event.event === 'done' ? `done ${event.reason} ${event.iter}` : `${event.event} ${event.iter}`;
  });

const last = (events: readonly TrainEvent[]) => {
  const event = events.at(-1)!;
  if (event.event !== 'done') throw new Error(`the last event is ${event.event}`);
  return event;
};

const measuring = (losses: readonly number[]) => {
  let index = 0;
  return async (): Promise<Evaluation> => ({ trainLoss: 1, valLoss: losses[index++]!, bitsPerByte: 0 });
};

test('the state is saved before an evaluation, which may run out of memory (nanochat#295, nanochat#446)', async () => {
  const seen: string[] = [];
  const evaluate = jest.fn(async () => {
    throw new Error('out of memory');
  });
  const running = collect(new Fake().job({ evaluate }), (event) => seen.push(event.event));
  await expect(running).rejects.toThrow('out of memory');
  expect(seen).toEqual(['step', 'step', 'step', 'step', 'step', 'save']);
});

test('events come in the order step, sample, save, save best, save evaluation, eval, and done at the end', async () => {
  const events = await collect(new Fake().job({ maxIters: 7, evalInterval: 3, logInterval: 4, sampleInterval: 3 }));
  expect(kinds(events)).toEqual([
    'sample-due 3',
    'save interval 3',
    'save best 3',
    'save evaluation 3',
    'eval 3',
    'step 4',
    'sample-due 6',
    'save interval 6',
    'save best 6',
    'save evaluation 6',
    'eval 6',
    'step 7',
    'save final 7',
    'save best 7',
    'save evaluation 7',
    'eval 7',
    'done finished 7',
  ]);
});

test.each([1, 4, 5, 7, 10, 19, 20])(
  'a run resumed from step %d yields the events of an unbroken one and ends with the same bits (nanoGPT#158)',
  async (at) => {
    const whole = new Fake();
    const unbroken = await collect(whole.job());

    const fake = new Fake();
    let kept: { weight: number; state: TrainingState } | undefined;
    const received: TrainEvent[] = [];
    for await (const event of train(fake.job({ saveInterval: at }))) {
      if (event.event === 'save' && event.reason !== 'best' && event.iter === at) {
        kept = { weight: fake.weight, state: JSON.parse(JSON.stringify(event.state)) };
        break;
      }
      received.push(event);
    }
    expect(kept!.state.iter).toBe(at);
    fake.weight = kept!.weight;
    received.push(...(await collect(fake.job({ resume: kept!.state }))));
    const isSave = (event: TrainEvent) => event.event === 'save' && event.reason !== 'best';
    const without = (events: readonly TrainEvent[]) => untimed(events.filter((event) => !isSave(event)));
    expect(without(received)).toEqual(without(unbroken));
    expect(fake.weight).toBe(whole.weight);
  },
);

test('an evaluation that was due when the state was saved is made first after resuming', async () => {
  const fake = new Fake();
  const events = await collect(fake.job());
  const save = events.find((event) => event.event === 'save' && event.iter === 10)!;
  if (save.event !== 'save') throw new Error('no save');
  expect(save.state.evaluation?.iter).toBe(5);
  const resumed = await collect(new Fake().job({ resume: save.state }));
  expect(kinds(resumed)).toContain('eval 10');
  expect(kinds(resumed)).not.toContain('step 10');
});

test('a finished run that is resumed makes no step', async () => {
  const fake = new Fake();
  const { state } = last(await collect(fake.job()));
  const steps = fake.steps.length;
  expect(kinds(await collect(fake.job({ resume: state })))).toEqual(['done finished 20']);
  expect(fake.steps).toHaveLength(steps);
});

test('the best evaluation is the one with the lowest validation loss, not the last (nanoGPT#453)', async () => {
  const events = await collect(new Fake().job({ evaluate: measuring([3, 2, 2.5, 2]) }));
  expect(kinds(events).filter((kind) => kind.startsWith('save best'))).toEqual(['save best 5', 'save best 10']);
  expect(last(events)).toMatchObject({ bestValLoss: 2, valLoss: 2 });
  expect(last(events).state.best!.iter).toBe(10);
});

test('where there are labels the best evaluation is the one with the highest accuracy, then the lowest loss', async () => {
  const results = [
    { accuracy: 0.5, valLoss: 1 },
    { accuracy: 0.7, valLoss: 2 },
    { accuracy: 0.7, valLoss: 1.5 },
    { accuracy: 0.6, valLoss: 0.1 },
  ];
  const evaluate = async () => ({ trainLoss: 1, bitsPerByte: 0, macroF1: 0.4, ...results.shift()! });
  const events = await collect(new Fake().job({ evaluate }));
  expect(kinds(events).filter((kind) => kind.startsWith('save best'))).toEqual([
    'save best 5',
    'save best 10',
    'save best 15',
  ]);
  expect(last(events)).toMatchObject({ accuracy: 0.6, macroF1: 0.4, bestValLoss: 1.5 });
});

test('a validation loss of NaN is never the best', async () => {
  const events = await collect(new Fake().job({ evaluate: measuring([Number.NaN, 2, Number.NaN, 3]) }));
  expect(last(events).state.best!.iter).toBe(10);
});

test('early stop ends the run after that many evaluations without a better one (mlx-lm#331)', async () => {
  const job = new Fake().job({ maxIters: 1000, earlyStop: 2, evaluate: measuring([3, 2, 2.5, 2.1, 1]) });
  const events = await collect(job);
  expect(kinds(events).slice(-3)).toEqual(['save evaluation 20', 'eval 20', 'done early-stop 20']);
});

test('every evaluation is saved before it is reported, with the weights unless they are saved already', async () => {
  const saved: number[] = [];
  const job = new Fake().job({ saveInterval: 10 });
  const events = await collect(job, (event) => {
    if (event.event === 'save') saved.push(event.state.evaluation?.iter ?? 0);
    if (event.event === 'eval') expect(saved.at(-1)).toBe(event.iter);
  });
  const evaluations = events.filter((event) => event.event === 'save' && event.reason === 'evaluation');
  expect(evaluations.map((event) => event.event === 'save' && [event.iter, event.stateOnly])).toEqual([
    [5, false],
    [10, true],
    [15, false],
    [20, true],
  ]);
});

test('a run that is extended keeps the best of all evaluations that were reported', async () => {
  const first = await collect(new Fake().job({ maxIters: 12, evaluate: measuring([3, 2, 1]) }));
  const save = first.findLast((event) => event.event === 'save')!;
  if (save.event !== 'save') throw new Error('no save');
  expect(save.state.best).toMatchObject({ iter: 12, valLoss: 1 });
  const longer = await collect(new Fake().job({ maxIters: 20, evaluate: measuring([1.5, 1.2]), resume: save.state }));
  expect(kinds(longer).filter((kind) => kind.startsWith('save best'))).toEqual([]);
  expect(last(longer).bestValLoss).toBe(1);
});

test('an interrupt before the first step saves nothing', async () => {
  const controller = new AbortController();
  controller.abort();
  expect(kinds(await collect(new Fake().job({ signal: controller.signal })))).toEqual(['done interrupted 0']);
});

test('early stop saves what was not saved yet', async () => {
  const job = new Fake().job({ maxIters: 1000, earlyStop: 1, saveInterval: 400, evaluate: measuring([2, 3]) });
  expect(kinds(await collect(job)).slice(-3)).toEqual(['save evaluation 10', 'eval 10', 'done early-stop 10']);
});

test('early stop counts on after resuming', async () => {
  const first = await collect(new Fake().job({ maxIters: 10, earlyStop: 3, evaluate: measuring([1, 2]) }));
  const { state } = last(first);
  const job = new Fake().job({ maxIters: 1000, earlyStop: 3, evaluate: measuring([3, 4]), resume: state });
  expect(last(await collect(job))).toMatchObject({ reason: 'early-stop', iter: 20 });
});

test('an interrupt finishes the step, saves and ends the run', async () => {
  const fake = new Fake();
  const controller = new AbortController();
  const events = await collect(fake.job({ signal: controller.signal }), (event) => {
    if (event.event === 'step' && event.iter === 7) controller.abort();
  });
  expect(kinds(events).slice(-3)).toEqual(['step 7', 'save interrupt 7', 'done interrupted 7']);
});

test('an interrupt during an evaluation need not wait for it, and resuming makes it again', async () => {
  const controller = new AbortController();
  const evaluate = async (signal?: AbortSignal) => {
    controller.abort();
    return signal?.aborted ? null : { trainLoss: 1, valLoss: 1, bitsPerByte: 1 };
  };
  const events = await collect(new Fake().job({ signal: controller.signal, evaluate }));
  expect(kinds(events).slice(-3)).toEqual(['step 5', 'save interval 5', 'done interrupted 5']);
  expect(Number.isNaN(last(events).valLoss)).toBe(true);
  const resumed = await collect(new Fake().job({ resume: last(events).state }));
  expect(kinds(resumed).slice(0, 3)).toEqual(['save best 5', 'save evaluation 5', 'eval 5']);
});

test('a signal that comes while steps never wait is noticed', async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 5);
  const events = await collect(
    new Fake().job({ maxIters: 1e9, evalInterval: 1e9, logInterval: 1e9, signal: controller.signal }),
  );
  expect(last(events).reason).toBe('interrupted');
});

test('a NaN loss saves the last good state and says which step failed (nanoGPT#210, nanoGPT#215)', async () => {
  const fake = new Fake();
  fake.failAt = 8;
  const events = await collect(fake.job());
  expect(kinds(events).slice(-3)).toEqual(['step 7', 'save diverged 7', 'done diverged 7']);
  expect(last(events).failed).toMatchObject({ iter: 8, loss: Number.NaN });
});

test('an error of a step comes through', async () => {
  const job = new Fake().job();
  job.program.step = async () => {
    throw new Error('a bug');
  };
  await expect(collect(job)).rejects.toThrow('a bug');
});

test('tokens per second exclude evaluation, saving and the first step', async () => {
  const fake = new Fake();
  fake.stepSeconds = 100;
  const events = await collect(fake.job({ maxIters: 6 }), (event) => {
    fake.stepSeconds = 2;
    if (event.event === 'save') fake.seconds += 1000;
  });
  expect(last(events).tokensPerSecond).toBeCloseTo(50, 9);
  const rates = events.flatMap((event) => (event.event === 'step' ? [event.tokensPerSecond] : []));
  expect(rates).toEqual([1, 50, 50, 50, 50, 50]);
  expect(last(events).elapsed).toBe(100 + 5 * 2 + 2 * 10 + 6 * 1000);
});

test('a time budget is turned into a number of steps, and the schedule runs over them', async () => {
  const fake = new Fake();
  const { maxIters: _, ...job } = fake.job({ maxSeconds: 200, evalInterval: 1000 });
  const events = await collect(job);
  expect(last(events)).toMatchObject({ reason: 'time', iter: 200 });
  expect(fake.steps.at(-1)!.learningRate).toBeCloseTo(0.1 / 201, 9);
  expect(fake.steps[0]!.learningRate).toBeCloseTo(0.1, 6);
});

test('a time budget for few steps is planned after two of them, and measured again until the sixth', async () => {
  const fake = new Fake();
  const seen: (number | null)[] = [];
  const learningRate = (_: number, total: number | null) => {
    seen.push(total);
    return 0.01;
  };
  const { maxIters: _, ...job } = fake.job({ maxSeconds: 43, evalInterval: 1000, learningRate });
  const events = await collect(job, (event) => {
    if (event.event === 'step') fake.stepSeconds = event.iter < 4 ? 1 : 2;
  });
  // After step 5 4 steps took 5 seconds and 37 are left; after step 6 5 took 7, and 35 are left.
  const [fifth, sixth] = [5 + Math.floor(37 / (5 / 4)), 6 + Math.floor(35 / (7 / 5))];
  expect(seen.slice(0, 7)).toEqual([null, null, 43, 43, 43, fifth, sixth]);
  expect(new Set(seen.slice(6))).toEqual(new Set([sixth]));
  expect(last(events)).toMatchObject({ reason: 'time' });
});

test('a time budget makes room for the evaluations, and a plan that was off is corrected', async () => {
  const fake = new Fake();
  const { maxIters: _, ...job } = fake.job({ maxSeconds: 1000, evalInterval: 20 });
  const events = await collect(job, (event) => {
    if (event.event === 'step' && event.iter === 200) fake.stepSeconds = 2;
  });
  expect(last(events).reason).toBe('time');
  expect(fake.seconds).toBeGreaterThan(960);
  expect(fake.seconds).toBeLessThan(1020);
  expect(fake.steps.at(-1)!.learningRate).toBeLessThan(0.1 * 0.05);
});

test('a resumed run keeps its time budget and its planned length', async () => {
  const fake = new Fake();
  const { maxIters: _, ...job } = fake.job({ maxSeconds: 200, evalInterval: 1000, saveInterval: 50 });
  let kept: TrainingState | undefined;
  for await (const event of train(job)) {
    if (event.event === 'save' && event.iter === 150) {
      kept = event.state;
      break;
    }
  }
  expect(kept).toMatchObject({ elapsed: 150, plannedIters: 200 });
  fake.seconds = 9000;
  const resumed = await collect({ ...job, resume: kept! });
  expect(last(resumed)).toMatchObject({ reason: 'time', iter: 200, elapsed: 60 });
});

test('a run that resumes with a longer time budget trains on, its schedule stretched to the new length', async () => {
  const fake = new Fake();
  const { maxIters: _, ...job } = fake.job({ maxSeconds: 200, evalInterval: 1000 });
  const { state } = last(await collect(job));
  expect(state).toMatchObject({ iter: 200, plannedIters: 200, maxSeconds: 200 });
  expect(kinds(await collect({ ...job, resume: state }))).toEqual(['done time 200']);
  const longer = await collect({ ...job, maxSeconds: 420, resume: JSON.parse(JSON.stringify(state)) });
  expect(last(longer)).toMatchObject({ reason: 'time' });
  expect(last(longer).iter).toBeGreaterThan(400);
  expect(fake.steps[200]!.learningRate).toBeCloseTo(0.1 * (1 - 201 / 421), 9);
});

test('a time budget shorter than one step still makes one, evaluates and saves', async () => {
  const { maxIters: _, ...job } = new Fake().job({ maxSeconds: 0.5 });
  expect(kinds(await collect(job))).toEqual([
    'step 1',
    'save final 1',
    'save best 1',
    'save evaluation 1',
    'eval 1',
    'done time 1',
  ]);
});

test('with steps and a time budget, what comes first ends the run', async () => {
  expect(last(await collect(new Fake().job({ maxSeconds: 8, evalInterval: 100 })))).toMatchObject({ reason: 'time' });
  expect(last(await collect(new Fake().job({ maxSeconds: 800 })))).toMatchObject({ reason: 'finished', iter: 20 });
});

test('the state counts steps, tokens and seconds, and is JSON', async () => {
  const { state } = last(await collect(new Fake().job()));
  expect(state).toMatchObject({ iter: 20, tokens: 2000, elapsed: 60, seed: 1, staleEvaluations: 0 });
  expect(JSON.parse(JSON.stringify(state))).toEqual(state);
});

test('where the learning rate begins to fall the state is saved once, after what else is due there', async () => {
  const fake = new Fake();
  const events = await collect(fake.job({ maxIters: 15, stableIters: (total) => total! - 5, saveInterval: 5 }));
  expect(kinds(events).filter((kind) => kind.startsWith('save stable'))).toEqual(['save stable 10']);
  const order = kinds(events);
  expect(order[order.indexOf('save stable 10') - 1]).toBe('eval 10');
  expect(order[order.indexOf('save stable 10') + 1]).toBe('step 11');
  expect(last(events).state.decaying).toBe(true);
  const kept = events.find((event) => event.event === 'save' && event.reason === 'stable') as SaveRequest;
  expect(kept.state).toMatchObject({ iter: 10, evaluation: { iter: 10 } });
  expect(kept.state.decaying ?? false).toBe(false);
});

test('a save where the rate begins to fall leaves steps that are not saved to be saved', async () => {
  const controller = new AbortController();
  const events = await collect(new Fake().job({ stableIters: () => 7, signal: controller.signal }), (event) => {
    if (event.event === 'save' && event.reason === 'stable') controller.abort();
  });
  expect(kinds(events).slice(-4)).toEqual(['save stable 7', 'step 8', 'save interrupt 8', 'done interrupted 8']);
});

test('a run without a stable part saves none, and its state says nothing of one', async () => {
  const events = await collect(new Fake().job());
  expect(kinds(events).filter((kind) => kind.includes('stable'))).toEqual([]);
  expect(last(events).state).not.toHaveProperty('decaying');
});
