// What a finetuning run learns: examples, model and steps of a classifier or of a follower of instructions, behind one
// face for the run to drive.
import { type Checkpoint, classifierHead, type Run } from '../checkpoint/index.js';
import type { FinetuneConfig, Sources } from '../config/index.js';
import { type Encoded, type Example, mostChoices, type PaddedBatch, type Task } from '../dataset/index.js';
import type { Feeds, Program, StepFunction, TrainingProgram } from '../engine/index.js';
import { GptError } from '../errors.js';
import { choiceLabels, classifierLossStep, evaluationStep, type GptConfig, lossStep } from '../model/index.js';
import { type Tokenizer, withClassificationToken } from '../tokenizer/index.js';
import type { TrainingJob, TrainingState } from '../train/index.js';
import { evaluationBatch } from './batch-size.js';
import { BucketProgram } from './bucketed.js';
import { ClassifierModel } from './classifier-model.js';
import type { RunEvent } from './events.js';
import { textsOf } from './example-texts.js';
import type { Inspection } from './inspection.js';
import {
  encodeAnswers,
  encodeDocuments,
  encodeTexts,
  type LabelledTexts,
  readLabelledTexts,
  splitBlocks,
} from './labelled-data.js';
import { answerEvaluator, labelEvaluator, scoreAnswers, spread } from './labelled-evaluate.js';
import { resumeMerged, saveBase, saveMerged } from './lora-run.js';
import { modelConfig } from './pretrain.js';
import { type OpenedEngine, Session } from './session.js';
import type { Team } from './team.js';
import { chooseTokenizer } from './text-data.js';
import { requireUsed } from './unused-settings.js';
import { countOf, shareOf, weightOf } from './weights.js';

export interface FinetuneTask {
  readonly kind: Task;
  /** Why: one sentence. */
  readonly reason: string;
  readonly session: Session;
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
  /** Of classification. */
  readonly labels: readonly string[] | undefined;
  /** Of instructions: how columns make a prompt. */
  readonly template: string;
  /** Called once, when the run may be written to. Gives what measures the model. */
  begin(resuming: boolean): Promise<TrainingJob['evaluate']>;
  /** A program that takes batches of these lengths. */
  compile(lengths: readonly number[]): AsyncGenerator<RunEvent, TrainingProgram>;
  /** @param step another number for every micro-batch of the run */
  feed(batch: PaddedBatch, step: number): Feeds;
  save(directory: string, training: TrainingState, resumable: boolean): Promise<string>;
}

export interface TaskOptions extends Omit<Inspection, 'memoryCheck'> {
  readonly run: Run;
  readonly data: string;
  readonly config: FinetuneConfig;
  /** Rows in a batch of all workers together. */
  readonly wholeBatch: number;
  /** Where each setting came from. */
  readonly sources: Sources;
  readonly checkpoint: Checkpoint | undefined;
  readonly signal: AbortSignal | undefined;
  /** An engine that is open already, with its workers. */
  readonly opened: OpenedEngine | undefined;
  readonly team: Team;
  /** Whether the run goes on from a state that was saved. */
  readonly resuming: boolean;
}

/** Reads the data, makes the model, and gives it its values. Nothing is written. */
export async function* prepareTask(options: TaskOptions): AsyncGenerator<RunEvent, FinetuneTask> {
  const { config, wholeBatch, sources, checkpoint, data, run, signal, onGraph, profile, opened, team, resuming } =
    options;
  const texts = yield* readLabelledTexts(data, config, signal);
  const { task: kind, reason, template } = texts;
  requireUsed(kind, sources);
  const own = team.leads ? yield* design(options, texts) : undefined;
  const tokenizer = await team.shareTokenizer(own?.tokenizer);
  const { model, labels } = await team.share(own && { model: own.model, labels: own.labels });
  const encoded = yield* encodeAll(texts, tokenizer, model.blockSize, labels, config);

  const { freeze, layerDecay, seed, loraRank } = config;
  const lora = loraRank > 0 ? { rank: loraRank, alpha: config.loraAlpha ?? 2 * loraRank } : undefined;
  const inside = { onGraph, profile };
  const session = await Session.open(config, model, tokenizer, {
    training: true,
    labels,
    freeze,
    layerDecay,
    lora,
    recompute: config.recompute,
    opened,
    ...inside,
  });
  try {
    const sameLabels = labels && checkpoint?.labels?.join('\n') === labels.join('\n');
    const fresh = labels && !sameLabels ? [classifierHead] : [];
    if (resuming && lora && team.leads) yield* resumeMerged(session, run.directory, checkpoint!, { seed });
    else if (team.leads) yield* session.fill(checkpoint, { seed, moments: resuming, fresh });
    await team.shareState(session.state, { moments: resuming });
  } catch (error) {
    await session.close();
    throw error;
  }
  const parts = { config, wholeBatch, session, team, ...encoded };
  const work = labels ? classification(parts, labels) : language(parts);
  return {
    kind,
    reason,
    labels,
    template,
    ...parts,
    ...work,
    begin: async () => {
      if (lora && !resuming && team.leads) await saveBase(session, run.directory);
      return team.evaluateFirst(work.evaluator());
    },
    save: (directory, training, resumable) =>
      lora
        ? saveMerged(session, lora, run.directory, directory, training, resumable)
        : session.save(directory, training, resumable),
  };
}

/** What worker 0 decides: the tokenizer, the model, and the labels of a classifier. */
async function* design(
  { config, checkpoint, run, signal }: TaskOptions,
  texts: LabelledTexts,
): AsyncGenerator<RunEvent, { tokenizer: Tokenizer; model: GptConfig; labels: readonly string[] | undefined }> {
  const { train, template } = texts;
  const base =
    (await checkpoint?.loadTokenizer()) ?? (yield* chooseTokenizer(() => textsOf(train, template), config, signal));
  const labels = labelsFor(texts, run.checkpoint === undefined ? undefined : checkpoint?.labels);
  const tokenizer = labels ? withClassificationToken(base) : base;
  const model = modelOf(config, checkpoint, tokenizer);
  if (config.freeze > model.nLayer) {
    throw new GptError('config/freeze', `freeze (${config.freeze}) is above the ${model.nLayer} blocks of the model`, {
      hint: `at most --freeze ${model.nLayer}: then only the last norm and the head are trained`,
    });
  }
  return { tokenizer, model, labels };
}

/** The rows of the head: those of the run that goes on, else what the data has; none for instructions and text. */
function labelsFor({ task, labels }: LabelledTexts, before: readonly string[] | undefined) {
  if (task === 'choice') return choiceLabels;
  return task === 'classify' ? (before ?? labels) : undefined;
}

function* encodeAll(
  { task, train, validation, template }: LabelledTexts,
  tokenizer: Tokenizer,
  blockSize: number,
  labels: readonly string[] | undefined,
  { valSplit }: FinetuneConfig,
): Generator<RunEvent, Pick<Parts, 'train' | 'validation'>> {
  if (task === 'text') {
    const blocks = encodeDocuments(train, tokenizer, blockSize);
    if (blocks.length === 0) throw new GptError('data/empty', 'the text has no two tokens to learn from');
    if (validation.length === 0) return splitBlocks(blocks, valSplit);
    return { train: blocks, validation: encodeDocuments(validation, tokenizer, blockSize) };
  }
  const encode = (examples: readonly Example[]) =>
    labels
      ? encodeTexts(examples, tokenizer, blockSize, labels)
      : encodeAnswers(examples, tokenizer, blockSize, template);
  return { train: yield* encode(train), validation: yield* encode(validation) };
}

/** The checkpoint's model, or the one that the settings ask for, with a row for every token. */
function modelOf(config: FinetuneConfig, checkpoint: Checkpoint | undefined, tokenizer: Tokenizer): GptConfig {
  const { dropout } = config;
  const start = checkpoint ? { ...checkpoint.config, dropout } : modelConfig(config, tokenizer);
  return { ...start, vocabSize: Math.max(start.vocabSize, tokenizer.vocabSize) };
}

interface Parts {
  readonly config: FinetuneConfig;
  readonly wholeBatch: number;
  readonly session: Session;
  readonly team: Team;
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
}

interface Work extends Pick<FinetuneTask, 'compile' | 'feed'> {
  readonly evaluator: () => TrainingJob['evaluate'];
}

/** Examples in a batch of an evaluation. */
const evaluationRows = 64;

function classification(parts: Parts, labels: readonly string[]): Work {
  const { config, wholeBatch, session, team, train, validation } = parts;
  const { batchSize, lmCoef } = config;
  const weighted = team.size > 1;
  const labelWeights = config.balance ? balanced(train, labels.length) : undefined;
  const choices = mostChoices(train);
  const options = { lmCoef, choices, part: team.rank, weighted, ...(labelWeights && { labelWeights }) };
  const step = (time: number) => classifierLossStep(session.classifier!, { batchSize, time }, options);
  return {
    evaluator: () => {
      const rows = Math.min(evaluationRows, Math.max(train.length, validation.length));
      const model = new ClassifierModel(session.classifier!, (s) => session.compile(s), rows);
      const measured = { train: spread(train, config.evalIters * wholeBatch), validation };
      return labelEvaluator(model, measured);
    },
    compile: (lengths) => compileAll(session, config, lengths, step, choices),
    feed: (batch, at) => ({
      ids: batch.ids,
      ...(lmCoef > 0 && { targets: batch.targets }),
      labels: batch.labels,
      positions: batch.positions,
      ...(choices > 1 && { choices: batch.choices }),
      ...dropoutKey(parts, at),
      ...(weighted && { labelWeight: shareOf(batch, team.size, (row) => weightOf(train[row]!, labelWeights)) }),
      ...(weighted && lmCoef > 0 && { tokenWeight: shareOf(batch, team.size, (row) => countOf(train[row]!)) }),
    }),
  };
}

/** Instructions and text: the loss is on the targets that count. */
function language(parts: Parts): Work {
  const { config, wholeBatch, session, team, train, validation } = parts;
  const { batchSize } = config;
  const weighted = team.size > 1;
  const { blockSize } = session.gpt.config;
  return {
    evaluator: () => {
      const score = answerScorer(session, evaluationBatch(session.gpt.config, batchSize * blockSize));
      const measured = { train: spread(train, config.evalIters * wholeBatch), validation };
      return answerEvaluator((examples, signal) => score(examples, { signal }), measured, session.tokenizer);
    },
    compile: (lengths) =>
      compileAll(session, config, lengths, (time) =>
        lossStep(session.gpt, { batchSize, time }, { part: team.rank, weighted }),
      ),
    feed: (batch, at) => ({
      ids: batch.ids,
      targets: batch.targets,
      ...dropoutKey(parts, at),
      ...(weighted && { tokenWeight: shareOf(batch, team.size, (row) => countOf(train[row]!)) }),
    }),
  };
}

/** Scores answers with programs that are compiled when a length first occurs. */
export function answerScorer(session: Session, batchSize: number) {
  const { blockSize } = session.gpt.config;
  const programs = new Map<number, Promise<Program>>();
  const programFor = (time: number) => {
    const program = programs.get(time) ?? session.compile(evaluationStep(session.gpt, { batchSize, time }));
    programs.set(time, program);
    return program;
  };
  return (examples: readonly Encoded[], options: Parameters<typeof scoreAnswers>[3] = {}) =>
    scoreAnswers(examples, programFor, { batchSize, blockSize }, options);
}

async function* compileAll(
  session: Session,
  config: FinetuneConfig,
  lengths: readonly number[],
  step: (time: number) => StepFunction,
  rowsOfExample = 1,
): AsyncGenerator<RunEvent, TrainingProgram> {
  const programs = new Map<number, TrainingProgram>();
  for (const time of lengths) programs.set(time, yield* session.compileTraining(step(time), config));
  return new BucketProgram(programs, config.batchSize * rowsOfExample);
}

function dropoutKey({ session, config }: Parts, step: number): Feeds {
  if (session.gpt.config.dropout === 0) return {};
  return { seed: Int32Array.of(config.seed), step: Int32Array.of(step) };
}

/** Weights under which every label counts as much: examples / (labels x examples of the label). */
export function balanced(examples: readonly Encoded[], labelCount: number): number[] {
  const counts = new Array<number>(labelCount).fill(0);
  for (const { label } of examples) if (label >= 0) counts[label]!++;
  return counts.map((count) => (count === 0 ? 0 : examples.length / (labelCount * count)));
}
