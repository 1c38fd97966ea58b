// The tokens that a finetuning run was trained on: its data is read and encoded again, as training did it.
import { existsSync } from 'node:fs';
import { chatTemplateOf } from '../chat/index.js';
import { resumeConfig } from '../config/index.js';
import { type Encoded, ignored, joined, spanOf } from '../dataset/index.js';
import { GptError } from '../errors.js';
import { hashOf } from '../finetune/data-hash.js';
import { type LabelledTexts, readLabelledTexts } from '../finetune/read-data.js';
import { encodeAll } from '../finetune/task.js';
import { inputsOf, type SavedRun } from '../run/record.js';
import { quoteWord } from '../shell-quote.js';
import type { Tokenizer } from '../tokenizer/index.js';
import {
  type Answer,
  baseNotice,
  type Preparing,
  type TrainingText,
  type TrainingTextOptions,
  warning,
} from './types.js';

/** @throws GptError `memorized/classifier`, `memorized/no-text`, `memorized/changed-text` */
export async function* finetunedText(record: SavedRun, options: TrainingTextOptions): Preparing<TrainingText> {
  const { run, inputs = [] } = options;
  const [data = ''] = inputs.length > 0 ? inputs : inputsOf(record);
  if (inputs.length > 1)
    throw new GptError('memorized/data', `${run} was finetuned on one file or folder, not several`);
  if (!existsSync(data)) {
    throw new GptError('memorized/no-text', `the training data of ${run} is gone: there is no ${data}`, {
      hint: `restore it, or name where it is now: gpt-cli eval ${quoteWord(run)} DATA --memorized`,
    });
  }
  yield* baseNotice(record.config['from']);
  const { texts, train, validation } = yield* readEncoded(record, data, options);
  const hash = hashOf({ train, validation, template: texts.template });
  if (record.dataHash !== undefined && record.dataHash !== hash) {
    const message = `${data} is not what ${run} was trained on`;
    if (inputs.length > 0) yield warning(message);
    else {
      throw new GptError('memorized/changed-text', `${message}: it was changed`, {
        hint: `restore it, or search it as it is: gpt-cli eval ${quoteWord(run)} ${quoteWord(data)} --memorized`,
      });
    }
  }
  return texts.task === 'text'
    ? ofBlocks(train, validation, hash, data, options.tokenizer)
    : ofExamples(train, validation, hash, options.tokenizer);
}

interface ReadExamples {
  readonly texts: LabelledTexts;
  readonly train: readonly Encoded[];
  readonly validation: readonly Encoded[];
}

/** What it says about the data was said when the run was trained; only progress is passed on. */
async function* readEncoded(
  record: SavedRun,
  data: string,
  { run, checkpoint, tokenizer, signal }: TrainingTextOptions,
): Preparing<ReadExamples> {
  const config = resumeConfig('finetune', record.config, run, []).values;
  const reading = readLabelledTexts(data, config, signal, record.splitRule ?? 1);
  let step = await reading.next();
  for (; !step.done; step = await reading.next()) if (step.value.event === 'phase') yield step.value;
  const texts = step.value;
  if (texts.task === 'classify' || texts.task === 'choice') {
    throw new GptError('memorized/classifier', `${run} was finetuned to classify: it writes no text`, {
      hint: 'check the model that it began with',
    });
  }
  const chats = texts.train.some(({ kind }) => kind === 'chat');
  const chat = chats ? await chatTemplateOf(checkpoint.directory, tokenizer) : undefined;
  const encoding = encodeAll(texts, { tokenizer, chat }, checkpoint.config.blockSize, undefined, config);
  let encoded = encoding.next();
  while (!encoded.done) encoded = encoding.next();
  return { texts, ...encoded.value };
}

/** Text in blocks, one after the other: the last target of one is the first id of the next. */
function ofBlocks(
  train: readonly Encoded[],
  validation: readonly Encoded[],
  sha256: string,
  data: string,
  tokenizer: Tokenizer,
): TrainingText {
  const idsOf = (blocks: readonly Encoded[]) =>
    joined([...blocks.map(({ ids }) => ids), ...(blocks.length > 0 ? [blocks.at(-1)!.targets.subarray(-1)] : [])]);
  return inMemory(idsOf(train), idsOf(validation), { nameOf: () => data }, sha256, tokenizer);
}

/** Prompts with their answers; each is a document. */
function ofExamples(
  train: readonly Encoded[],
  validation: readonly Encoded[],
  sha256: string,
  tokenizer: Tokenizer,
): TrainingText {
  const wholes = (examples: readonly Encoded[]) =>
    examples.map(({ ids, targets }) => joined([ids, targets.subarray(-1)]));
  const examples = wholes(train);
  const starts: number[] = [];
  const answers: Answer[] = [];
  let start = 0;
  for (const { targets } of train) {
    const first = targets.findIndex((target) => target !== ignored);
    const after = targets.findIndex((target, i) => i > first && target === ignored);
    starts.push(start);
    answers.push({ start, answer: start + first + 1, end: start + (after < 0 ? targets.length : after) + 1 });
    start += targets.length + 1;
  }
  const documents = { starts, nameOf: (document: number) => train[document]?.place };
  const text = inMemory(joined(examples), joined(wholes(validation)), documents, sha256, tokenizer);
  return { ...text, answers };
}

function inMemory(
  train: Int32Array,
  validation: Int32Array,
  documents: TrainingText['documents'],
  sha256: string,
  tokenizer: Tokenizer,
): TrainingText {
  const lengths = Uint32Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.bytesOf(id).length);
  const bytes = train.reduce((sum, id) => sum + lengths[id]!, 0);
  return {
    ...{ span: spanOf(train), heldOut: spanOf(validation, 'validation'), documents, sha256 },
    bytesPerToken: bytes / Math.max(1, train.length),
    directory: undefined,
    close: () => {},
  };
}
