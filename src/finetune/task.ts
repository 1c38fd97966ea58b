// What a finetuning run learns: examples, model and steps of a classifier or of a follower of instructions, behind one
// face for the run to drive.
import { type Checkpoint, classifierHead, type Run } from '../checkpoint/index.js';
import type { FinetuneConfig, Sources } from '../config/index.js';
import type { Encoded, Example, SplitRule, Task } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { RunEvent } from '../events.js';
import { choiceLabels, type GptConfig } from '../model/index.js';
import { chooseTokenizer } from '../run/choose-tokenizer.js';
import type { Team } from '../run/workers/team.js';
import { encodeAnswers, encodeTexts } from '../scoring/encode.js';
import type { Inspection } from '../session/diagnostics.js';
import { modelConfig } from '../session/model-config.js';
import { type OpenedEngine, Session } from '../session/session.js';
import { type Tokenizer, withClassificationToken } from '../tokenizer/index.js';
import type { TrainingJob, TrainingState } from '../train/index.js';
import { resumeMerged, saveBase, saveMerged } from './adapters.js';
import { encodeDocuments, splitBlocks } from './encode-documents.js';
import { textsOf } from './example-texts.js';
import { classification, language, type Parts, type Work } from './objectives.js';
import { type LabelledTexts, readLabelledTexts } from './read-data.js';
import { requireUsed } from './unused-settings.js';

export interface FinetuneTask extends Omit<Work, 'evaluator'> {
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
  save(directory: string, training: TrainingState, resumable: boolean): Promise<string>;
}

export interface TaskOptions extends Omit<Inspection, 'memoryCheck'> {
  readonly run: Run;
  readonly data: string;
  /** How a part of the data is held out for validation. */
  readonly rule: SplitRule;
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
  /** Whether the run resumes from a state that was saved. */
  readonly resuming: boolean;
}

/** Reads the data, makes the model, and gives it its values. Nothing is written. */
export async function* prepareTask(options: TaskOptions): AsyncGenerator<RunEvent, FinetuneTask> {
  const { config, wholeBatch, sources, checkpoint, data, run, signal, onGraph, profile, opened, team, resuming } =
    options;
  const texts = yield* readLabelledTexts(data, config, signal, options.rule);
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
    optimizer: config.optimizer,
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
    else if (team.leads) yield* session.fill(checkpoint, { seed, resuming, fresh });
    await checkpoint?.close(); // Windows replaces no file that is open
    await team.shareState(session.state, { resuming });
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
      if (lora && !resuming && team.leads) await saveBase(session, run.staging);
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

/** The rows of the head: those of the resumed run, else what the data has; none for instructions and text. */
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
  const start = checkpoint ? { ...checkpoint.config, dropout } : modelConfig(config, tokenizer.modelVocabSize);
  return { ...start, vocabSize: Math.max(start.vocabSize, tokenizer.vocabSize) };
}
