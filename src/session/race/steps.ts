// How long training steps take on engines that take turns: the reference model of docs/benchmarks.md, step by step.
import { type EngineChoice, openEngine } from '../../engine/index.js';
import { Gpt, type GptConfig, initialize, lossStep, parameterSpecs } from '../../model/index.js';
import { Random } from '../../rng.js';
import type { Contestant } from './record.js';

/** nanoGPT's CPU recipe on characters, as `configs/char-tiny.json` has it. */
const model: GptConfig = {
  vocabSize: 65,
  blockSize: 64,
  nLayer: 4,
  nHead: 4,
  nEmbd: 128,
  dropout: 0,
  bias: true,
  position: 'learned',
  layerNormEpsilon: 1e-5,
};
const batchSize = 12;
const adamw = { beta1: 0.9, beta2: 0.95, epsilon: 1e-8, weightDecay: 0.1, gradClip: 1 };
/** Steps before anything is measured: the first ones allocate. */
const warmup = 3;

/**
 * Medians of the contestants' steps, in milliseconds.
 * @param seconds to measure, once all are compiled; each makes at least three steps
 */
export async function raceSteps(
  contestants: readonly Contestant[],
  threads: number,
  seconds: number,
): Promise<number[]> {
  const gpt = await Gpt.create(model);
  const step = lossStep(gpt, { batchSize, time: model.blockSize });
  const runners = [];
  for (const contestant of contestants) runners.push(await Runner.open(contestant, threads, gpt, step));
  for (let i = 0; i < warmup; i++) for (const runner of runners) await runner.step();
  for (const runner of runners) runner.times.length = 0;
  const end = performance.now() + 1000 * seconds;
  do for (const runner of runners) await runner.step();
  while (runners[0]!.times.length < 3 || performance.now() < end);
  for (const runner of runners) await runner.close();
  gpt.dispose();
  return runners.map(({ times }) => median(times));
}

class Runner {
  readonly times: number[] = [];
  private iteration = 0;

  private constructor(
    private readonly program: Awaited<ReturnType<Engine['compileTraining']>>,
    private readonly feeds: { readonly ids: Int32Array; readonly targets: Int32Array },
    readonly close: () => Promise<void>,
  ) {}

  static async open(choice: Contestant, threads: number, gpt: Gpt, step: ReturnType<typeof lossStep>): Promise<Runner> {
    const engine = await openEngine({ ...choice, device: 'cpu', threads } satisfies EngineChoice);
    const specs = parameterSpecs(gpt.config);
    const state = await engine.createState(specs, { training: true });
    for (const { name, data } of initialize(specs, 1)) await state.write('parameter', name, data);
    const program = await engine.compileTraining(step, state, adamw);
    const random = new Random(1);
    const draw = () => Int32Array.from({ length: batchSize * model.blockSize }, () => random.integer(model.vocabSize));
    return new Runner(program, { ids: draw(), targets: draw() }, async () => {
      await program.dispose();
      await state.dispose();
      await engine.dispose();
    });
  }

  async step(): Promise<void> {
    const start = performance.now();
    this.iteration += 1;
    await this.program.step([this.feeds], { learningRate: 1e-3, iteration: this.iteration });
    this.times.push(performance.now() - start);
  }
}

type Engine = Awaited<ReturnType<typeof openEngine>>;

function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1]!;
}
