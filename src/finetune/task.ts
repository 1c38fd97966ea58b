// What a finetuning run learns: examples, model and objective of a classifier or of an instruction follower, behind one
// interface.

import type { Baselines } from '../baselines/index.js';
import { type ChatTemplate, chatTemplateOf, defaultTemplate, readChatKeys } from '../chat/index.js';
import type { Checkpoint } from '../checkpoint/index.js';
import type { FinetuneConfig } from '../config/index.js';
import type { Encoded, Example, Task } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, RunEvent } from '../events.js';
import { choiceLabels, configureModel, type GptConfig, headSpec } from '../model/index.js';
import { type OptimizerName, optimizers, plainOptimizer } from '../optimizer/registry.js';
import type { Scheme } from '../quantization/index.js';
import { chooseTokenizer } from '../run/choose-tokenizer.js';
import { roundedNotice } from '../run/starting-point.js';
import type { TrainingRun } from '../run/training-run.js';
import { encodeAnswers, encodeTexts } from '../scoring/encode.js';
import { frozenScheme } from '../session/scheme.js';
import type { Session } from '../session/session.js';
import { type Tokenizer, withClassificationToken } from '../tokenizer/index.js';
import type { TrainingJob, TrainingState } from '../train/index.js';
import { frozenWeightsNotice, resumeMerged, saveBase, saveMerged } from './adapters.js';
import { measureBaselines } from './baselines.js';
import { encodeDocuments, splitBlocks } from './encode-documents.js';
import { textsOf } from './example-texts.js';
import { classification, language, type Objective, type ObjectiveParts } from './objectives.js';
import { type LabelledTexts, readLabelledTexts } from './read-data.js';
import { requireUsed } from './unused-settings.js';

export interface FinetuneTask extends Omit<Objective, 'evaluator'> {
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
  /** Whether conversations are learned. */
  readonly chats: boolean;
  /** Of classification, of a new run, where rows are held out. */
  readonly baselines: Baselines | undefined;
  /** How frozen weights are kept; undefined: in float32. */
  readonly scheme: Scheme | undefined;
  /** Called once, when the run may be written to. Gives what measures the model. */
  begin(): Promise<TrainingJob['evaluate']>;
  save(directory: string, training: TrainingState, resumable: boolean): Promise<string>;
}

/** What is decided before the model is made. */
interface ModelDesign {
  readonly tokenizer: Tokenizer;
  readonly model: GptConfig;
  /** Of a classifier. */
  readonly labels: readonly string[] | undefined;
}

/** Reads the data, makes the model, and gives it its values. Nothing is written. */
export async function* prepareTask(run: TrainingRun<'finetune'>, data: string): AsyncGenerator<RunEvent, FinetuneTask> {
  const { checkpoint, folder, workers, options } = run;
  const { config, sources, wholeBatch, splitRule, resumed } = run.plan;
  const backend = workers.size > 1 ? 'tensorflow' : config.backend;
  const scheme = frozenScheme({ ...config, backend }, checkpoint?.scheme);
  const texts = yield* readLabelledTexts(data, config, options.signal, splitRule);
  const { task: kind, reason, template } = texts;
  requireUsed(kind, sources);
  const { tokenizer, model, labels } = yield* workers.makeOnce(
    () => design(run, texts),
    ({ model, labels }) => ({ model, labels }),
    async (tokenizer, design) => ({ tokenizer, ...design }),
  );
  const chats = texts.train.some(({ kind }) => kind === 'chat');
  const tokenizerKeys = labels ? {} : await chatKeysOf(checkpoint?.directory, chats);
  const chat = chats ? await chatTemplateOf(checkpoint?.directory, tokenizer) : undefined;
  const encoded = yield* encodeAll(texts, { tokenizer, chat }, model.blockSize, labels, config);

  const measured = kind === 'classify' && resumed === null && workers.leads;
  const baselines = measured ? yield* measureBaselines(texts) : undefined;

  const { freeze, layerDecay, seed, loraRank } = config;
  const lora = loraRank > 0 ? { rank: loraRank, alpha: config.loraAlpha ?? 2 * loraRank } : undefined;
  const session = yield* run.openSession(model, tokenizer, { labels, freeze, layerDecay, lora, quantize: scheme });
  if (resumed === null) yield* noticePlainOptimizer(config.optimizer, session);
  if (scheme && resumed === null) yield frozenWeightsNotice(session, scheme);
  else if (lora && checkpoint?.scheme) yield roundedNotice(checkpoint);
  const sameLabels = labels && checkpoint?.labels?.join('\n') === labels.join('\n');
  const fresh = labels && !sameLabels ? [headSpec(model, labels.length).name] : [];
  const resuming = resumed !== null;
  const fill = () => resumeMerged(session, folder.directory, checkpoint!, { seed });
  yield* run.loadWeights(session, { fresh, ...(lora && resuming && { fill }) });

  const parts = { config, wholeBatch, session, ...encoded };
  const objective = labels ? classification(parts, labels) : language(parts);
  return {
    kind,
    reason,
    labels,
    template,
    chats,
    baselines,
    scheme,
    ...parts,
    ...objective,
    begin: async () => {
      if (lora && !resuming && workers.leads) await saveBase(session, folder.staging, scheme);
      return workers.evaluateOnce(objective.evaluator());
    },
    save: (directory, training, resumable) =>
      lora
        ? saveMerged(session, { lora, scheme, run: folder.directory }, directory, training, resumable, tokenizerKeys)
        : session.save(directory, training, resumable, tokenizerKeys),
  };
}

/** Says so where nothing that is trained gets the rule by which the chosen optimizer differs from AdamW: adapters, for one. */
function* noticePlainOptimizer(name: OptimizerName, { state: { specs } }: Session): Generator<NoticeEvent> {
  const plain = optimizers[plainOptimizer];
  const differs = specs.some((spec) => spec.trainable && optimizers[name].ruleFor(spec) !== plain.ruleFor(spec));
  if (name === plainOptimizer || differs) return;
  const message = `--optimizer ${name} has no effect here: all that is trained gets the updates of ${plainOptimizer}`;
  yield { event: 'notice', level: 'warning', message };
}

/** The tokenizer, the model, and the labels of a classifier. */
async function* design(
  { plan: { config }, checkpoint, folder, options: { signal } }: TrainingRun<'finetune'>,
  texts: LabelledTexts,
): AsyncGenerator<RunEvent, ModelDesign> {
  const { train, template } = texts;
  const base =
    (await checkpoint?.loadTokenizer()) ?? (yield* chooseTokenizer(() => textsOf(train, template), config, signal));
  const labels = labelsFor(texts, folder.checkpoint === undefined ? undefined : checkpoint?.labels);
  const tokenizer = labels ? withClassificationToken(base) : base;
  const model = modelOf(config, checkpoint, tokenizer);
  if (config.freeze > model.nLayer) {
    throw new GptError('config/freeze', `freeze (${config.freeze}) is above the number of blocks, ${model.nLayer}`, {
      hint: `at most --freeze ${model.nLayer}: then only the last norm and the head are trained`,
    });
  }
  if (config.loraRank > 0 && config.freeze === model.nLayer) {
    throw new GptError('config/freeze', `freeze (${config.freeze}) leaves no block whose adapters could be trained`, {
      hint: `at most --freeze ${model.nLayer - 1} with --lora-rank`,
    });
  }
  return { tokenizer, model, labels };
}

/**
 * What a checkpoint keeps of the chat template: that of the model it began with, else the default one where conversations are
 * trained.
 */
async function chatKeysOf(directory: string | undefined, chats: boolean): Promise<Record<string, string>> {
  const { template, tokens } = directory === undefined ? {} : await readChatKeys(directory);
  const begin = tokens?.['bos_token'];
  if (template !== undefined) return { chat_template: template, ...(begin !== undefined && { bos_token: begin }) };
  return chats ? { chat_template: defaultTemplate } : {};
}

/** The rows of the head: those of the resumed run, else what the data has; none for instructions and text. */
function labelsFor({ task, labels }: LabelledTexts, before: readonly string[] | undefined) {
  if (task === 'choice') return choiceLabels;
  return task === 'classify' ? (before ?? labels) : undefined;
}

/** Examples to tokens, as training sees them. */
export function* encodeAll(
  { task, train, validation, template }: LabelledTexts,
  { tokenizer, chat }: { readonly tokenizer: Tokenizer; readonly chat: ChatTemplate | undefined },
  blockSize: number,
  labels: readonly string[] | undefined,
  { valSplit }: Pick<FinetuneConfig, 'valSplit'>,
): Generator<NoticeEvent, Pick<ObjectiveParts, 'train' | 'validation'>> {
  if (task === 'text') {
    const blocks = encodeDocuments(train, tokenizer, blockSize);
    if (blocks.length === 0) throw new GptError('data/empty', 'the text has no two tokens to learn from');
    if (validation.length === 0) return splitBlocks(blocks, valSplit);
    return { train: blocks, validation: encodeDocuments(validation, tokenizer, blockSize) };
  }
  const encode = (examples: readonly Example[]) =>
    labels
      ? encodeTexts(examples, tokenizer, blockSize, labels)
      : encodeAnswers(examples, tokenizer, blockSize, template, chat);
  return { train: yield* encode(train), validation: yield* encode(validation) };
}

/** The checkpoint's model, or the one that the settings ask for, with a row for every token. */
function modelOf(config: FinetuneConfig, checkpoint: Checkpoint | undefined, tokenizer: Tokenizer): GptConfig {
  const { dropout } = config;
  const start = checkpoint ? { ...checkpoint.config, dropout } : configureModel(config, tokenizer.modelVocabSize);
  return { ...start, vocabSize: Math.max(start.vocabSize, tokenizer.vocabSize) };
}
