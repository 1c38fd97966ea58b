// Training steps of a model with random weights on random tokens, timed one by one: how fast an engine trains models of a shape.
import { type EngineChoice, type Optimizer, type OptimizerOptions, openEngine } from '../engine/index.js';
import { Gpt, type GptConfig, initialize, lossStep, parameterSpecs } from '../model/index.js';
import { Random } from '../rng.js';

export interface TimedModel {
  readonly model: GptConfig;
  /** Rows of a batch, each as long as the context. */
  readonly batchSize: number;
  /** Default: AdamW. */
  readonly optimizer?: Optimizer;
  readonly options: OptimizerOptions;
}

export class TimedSteps {
  /** Of the steps so far, milliseconds. */
  readonly times: number[] = [];
  private iteration = 0;

  private constructor(
    private readonly oneStep: (iteration: number) => Promise<unknown>,
    readonly close: () => Promise<void>,
  ) {}

  /** Compiles the training step. The caller closes. @throws GptError as `openEngine` */
  static async open(choice: EngineChoice, { model, batchSize, optimizer, options }: TimedModel): Promise<TimedSteps> {
    const engine = await openEngine(choice);
    const gpt = await Gpt.create(model);
    const opened: { dispose(): unknown }[] = [engine, gpt];
    const close = async () => {
      for (const each of opened.reverse()) await each.dispose();
    };
    try {
      const specs = parameterSpecs(model);
      const state = await engine.createState(specs, { training: true, optimizer });
      opened.push(state);
      for (const { name, data } of initialize(specs, 1)) await state.write('parameter', name, data);
      const step = lossStep(gpt, { batchSize, time: model.blockSize });
      const program = await engine.compileTraining(step, state, options);
      opened.push(program);
      const feeds = feedsFor(model, batchSize);
      return new TimedSteps((iteration) => program.step([feeds(iteration)], { learningRate: 1e-3, iteration }), close);
    } catch (error) {
      await close();
      throw error;
    }
  }

  async step(): Promise<void> {
    const start = performance.now();
    this.iteration += 1;
    await this.oneStep(this.iteration);
    this.times.push(performance.now() - start);
  }
}

function feedsFor({ vocabSize, blockSize, dropout }: GptConfig, batchSize: number) {
  const random = new Random(1);
  const draw = () => Int32Array.from({ length: batchSize * blockSize }, () => random.integer(vocabSize));
  const [ids, targets, seed] = [draw(), draw(), Int32Array.of(1)];
  return (iteration: number) => ({ ids, targets, ...(dropout > 0 && { seed, step: Int32Array.of(iteration) }) });
}

export function median(times: readonly number[]): number {
  return [...times].sort((a, b) => a - b)[times.length >> 1]!;
}
