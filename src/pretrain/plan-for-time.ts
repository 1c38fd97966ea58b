// `--max-time` without a model: chooses what nobody gave for the time that the run has, and says what was chosen and why.
import { isGiven, type PretrainConfig, resolve } from '../config/index.js';
import { availableMemory, type EngineChoice } from '../engine/index.js';
import type { PhaseEvent, PlanEvent } from '../events.js';
import { configureModel, countParameters, parameterSpecs } from '../model/index.js';
import { type OptimizerName, optimizers, optionsFor } from '../optimizer/registry.js';
import { type Given, planRecipe, type Recipe, type Shape, vocabSizes } from '../recipe/index.js';
import type { TrainingRun } from '../run/training-run.js';
import { loadTokenizer, type TextPiece } from '../tokenizer/index.js';

export interface ChosenRecipe {
  /** The settings that were chosen, those that follow from them included. */
  readonly settings: Partial<PretrainConfig>;
  readonly event: PlanEvent;
}

/** Of the memory that there is, the part that a run may take: estimates are within 30 %. */
const memoryShare = 0.6;

const givenKeys = [
  ...(['nLayer', 'nHead', 'nEmbd', 'blockSize', 'batchSize'] as const),
  ...(['gradAccum', 'evalIters', 'nKvHead', 'slidingWindow'] as const),
];

/**
 * @param texts the training text, from its beginning
 * @param heldOut the validation text, where it is one of its own
 */
export async function* planForTime(
  run: TrainingRun<'pretrain'>,
  texts: AsyncIterable<TextPiece>,
  heldOut: AsyncIterable<TextPiece> | undefined,
): AsyncGenerator<PhaseEvent, ChosenRecipe> {
  const { workers, options } = run;
  const { config } = run.plan;
  const { tokenizer, valSplit } = config;
  const builtIn = tokenizer === 'char' || tokenizer === 'byte' || tokenizer === 'bpe';
  const reader = builtIn ? tokenizer : await loadTokenizer(tokenizer);
  const isBpe = reader === 'bpe' || (typeof reader !== 'string' && reader.kind === 'bpe');
  const given = givenBy(run);
  const optimizer = optimizers[config.optimizer];
  const modelOf = (shape: Shape, dropout: number) => ({
    model: configureModel({ ...config, ...shape, dropout }, shape.vocabSize),
    optimizer,
    options: optionsFor(optimizer, config),
  });
  requirePossible(given, modelOf);
  const planned = yield* planRecipe({
    text: texts,
    heldOut,
    reading: {
      tokenizer: reader,
      vocabSizes: given.vocabSize ? [given.vocabSize] : vocabSizes,
      valSplit,
    },
    engine: engineOf(config, workers.size),
    modelOf,
    arch: config.arch,
    learningRate: usualLearningRate[config.optimizer],
    given,
    seconds: config.maxTime!,
    memory: memoryShare * availableMemory(),
    workers: workers.size,
    signal: options.signal,
  });
  const { recipe, facts, tokensPerSecond, spent } = planned;
  const settings = settingsOf(run, recipe);
  const event: PlanEvent = {
    event: 'plan',
    maxTime: config.maxTime!,
    planning: Number(spent.toFixed(2)),
    settings,
    parameters: countParameters(parameterSpecs(modelOf(recipe.shape, recipe.schedule.dropout).model)),
    steps: recipe.steps,
    epochs: Number(recipe.passes.toPrecision(3)),
    tokensPerSecond: Math.round(tokensPerSecond),
    trainBytes: facts.trainBytes,
    limit: recipe.limit,
    expected: isBpe ? Number(recipe.bitsPerByte.toPrecision(4)) : null,
  };
  return { settings, event };
}

/**
 * Before a text is read: what was given must fit together, whatever is chosen.
 * @throws GptError of `configureModel`
 */
function requirePossible(given: Given, modelOf: (shape: Shape, dropout: number) => unknown): void {
  const { nKvHead = 1, nHead = nKvHead, nEmbd = 2 * nHead, slidingWindow = 0 } = given;
  const smallest = { nLayer: 1, vocabSize: Math.min(...vocabSizes), blockSize: slidingWindow + 1, batchSize: 1 };
  modelOf({ ...smallest, ...given, nHead, nEmbd }, 0);
}

/** Of a model 128 wide. With Muon 3e-3 to 1e-2 gave the same losses. */
const usualLearningRate: Readonly<Record<OptimizerName, number>> = { muon: 5e-3, adamw: 3e-3 };

/** What of the shape a person gave; the batch is that of all workers. */
function givenBy({ plan, workers }: TrainingRun<'pretrain'>): Given {
  const { config, sources } = plan;
  const keys = config.tokenizer === 'bpe' ? [...givenKeys, 'vocabSize' as const] : givenKeys;
  const given = keys.filter((key) => isGiven(sources[key]) && config[key] !== null);
  const values = Object.fromEntries(given.map((key) => [key, config[key]]));
  return { ...values, ...('batchSize' in values && { batchSize: config.batchSize * workers.size }) };
}

function engineOf(config: PretrainConfig, workers: number): EngineChoice {
  const { backend, device, threads, jit, precision, verbose } = config;
  const engine = { backend: workers > 1 ? 'tensorflow' : backend, device, jit, precision, verbose } as const;
  return { ...engine, ...(threads !== null && { threads }) };
}

/** The recipe below what was given: flags, files and derived values come out as if a person had given it. */
function settingsOf({ plan, workers, options }: TrainingRun<'pretrain'>, recipe: Recipe): Partial<PretrainConfig> {
  const { vocabSize, ...shape } = recipe.shape;
  const values = {
    arch: plan.config.arch,
    ...shape,
    batchSize: Math.ceil(shape.batchSize / workers.size),
    ...(plan.config.tokenizer === 'bpe' && { vocabSize }),
    ...recipe.schedule,
  };
  const { layers = [] } = options;
  const before = resolve('pretrain', layers).values as unknown as Record<string, unknown>;
  const after = resolve('pretrain', [{ name: 'plan', values }, ...layers]).values as unknown as Record<string, unknown>;
  const given = new Set(Object.keys(after).filter((key) => isGiven(plan.sources[key])));
  const chosen = Object.entries(after).filter(([key, value]) =>
    key in values ? !given.has(key) : value !== before[key],
  );
  return Object.fromEntries(chosen);
}
