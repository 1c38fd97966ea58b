// From an example to ids and targets. Targets are the ids moved on by one, -1 where no loss is taken.

import type { ChatTemplate } from '../../chat/index.js';
import type { Tokenizer } from '../../tokenizer/types.js';
import { ignored } from '../batches.js';
import { unknownBytes } from '../piece-encoder.js';
import type { ChatExample, ChoiceExample, ClassifyExample, InstructExample } from './examples.js';
import { renderPrompt } from './template.js';

export interface Encoded {
  /** At most blockSize; of multiple choice all choices one after the other, each at most blockSize. */
  readonly ids: Int32Array;
  /** As long as ids. */
  readonly targets: Int32Array;
  /** Of multiple choice: how many of the ids belong to each choice. */
  readonly parts?: readonly number[];
  /** Index of the label or of the right choice, -1 for none. */
  readonly label: number;
  /** UTF-8 bytes of the characters among the targets that the tokenizer does not know. Default: 0. */
  readonly unknownBytes?: number;
  /** Where the example stands in its file. Default: not known. */
  readonly place?: string;
  /** What did not fit into the block and was cut. */
  readonly cut: 'nothing' | 'prompt' | 'completion' | 'text';
}

export interface Skipped {
  readonly skipped: string;
  readonly place: string;
}

/** Ids around the text of a classification. */
export interface ClassificationTokens {
  /** Before the text. Default: none. */
  readonly start?: number;
  /** Between two texts. Default: end of text. */
  readonly delimiter?: number;
  /** After the text, where the head reads (GPT-1's `clf`). Default: none, the head reads the last token of the text (HF's way). */
  readonly end?: number;
}

/**
 * `[start] text [delimiter second] [end]`, as in GPT-1 (Radford et al. 2018, figure 1). The head reads the last id.
 * Targets are for the auxiliary language-model loss: each token of the texts after the first id; none at the last.
 * A text too long loses its end, of two the longer one first.
 * @param labels the position of the example's label in it becomes `label`
 */
export function encodeClassification(
  example: ClassifyExample,
  tokenizer: Tokenizer,
  blockSize: number,
  labels: readonly string[] | ReadonlyMap<string, number>,
  { start, delimiter = tokenizer.endOfText, end }: ClassificationTokens = {},
): Encoded {
  let first = tokenizer.encode(example.text);
  let second = example.second === undefined ? undefined : tokenizer.encode(example.second);
  const around = (start === undefined ? 0 : 1) + (end === undefined ? 0 : 1) + (second === undefined ? 0 : 1);
  const room = Math.max(0, blockSize - around);
  const whole = first.length + (second?.length ?? 0);
  if (whole > room) {
    const shorter = Math.min(first.length, second?.length ?? 0, room >> 1);
    const longer = room - shorter;
    const firstIsLonger = first.length >= (second?.length ?? 0);
    first = first.subarray(0, firstIsLonger ? longer : shorter);
    second = second?.subarray(0, firstIsLonger ? shorter : longer);
  }
  const sequence: number[] = start === undefined ? [] : [start];
  for (const id of first) sequence.push(id);
  if (second !== undefined) {
    sequence.push(delimiter);
    for (const id of second) sequence.push(id);
  }
  if (end !== undefined) sequence.push(end);
  if (sequence.length === 0) sequence.push(tokenizer.endOfText); // the head needs something to read
  const ids = Int32Array.from(sequence);
  const targets = new Int32Array(ids.length).fill(ignored);
  targets.set(ids.subarray(1));
  if (end !== undefined && ids.length >= 2) targets[ids.length - 2] = ignored; // the end token is not language
  return { ids, targets, label: labelIndex(example.label, labels), cut: whole > room ? 'text' : 'nothing' };
}

/**
 * `[start] text delimiter choice [end]` for every choice (Radford et al. 2018, figure 1): the head gives each a score.
 * @param example with the index of the right choice as its label
 */
export function encodeChoice(
  { place, text, choices, label }: ChoiceExample,
  tokenizer: Tokenizer,
  blockSize: number,
  tokens: ClassificationTokens = {},
): Encoded {
  const sequences = choices.map((second) =>
    encodeClassification({ kind: 'classify', place, text, second }, tokenizer, blockSize, [], tokens),
  );
  return {
    ids: joined(sequences.map(({ ids }) => ids)),
    targets: joined(sequences.map(({ targets }) => targets)),
    parts: sequences.map(({ ids }) => ids.length),
    label: label === undefined ? -1 : Number(label),
    cut: sequences.some(({ cut }) => cut !== 'nothing') ? 'text' : 'nothing',
  };
}

/** One array after the other. */
export function joined(arrays: readonly Int32Array[]): Int32Array {
  const whole = new Int32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}

/** The longest row that an example fills: its own ids, or those of its longest choice. */
export function longestOf({ ids, parts }: Encoded): number {
  return parts === undefined ? ids.length : Math.max(...parts);
}

/** How many choices the examples have at most; 1 where it is no multiple choice. */
export function mostChoices(examples: readonly Encoded[]): number {
  return examples.reduce((most, { parts }) => Math.max(most, parts?.length ?? 1), 1);
}

function labelIndex(label: string | undefined, labels: readonly string[] | ReadonlyMap<string, number>): number {
  if (label === undefined) return -1;
  return 'indexOf' in labels ? labels.indexOf(label) : (labels.get(label) ?? -1);
}

/** A stretch of ids, and whether the model is to learn to write it. */
interface Segment {
  readonly ids: ArrayLike<number>;
  readonly answer: boolean;
  /** Of an answer: its text. */
  readonly text: string;
}

function instructionSegments(example: InstructExample, tokenizer: Tokenizer, template: string): Segment[] {
  const { completion, fields } = example;
  const prompt = renderPrompt(template, fields);
  const asked = { ids: tokenizer.encode(prompt), answer: false, text: prompt };
  if (completion.trim() === '') return [asked];
  const ids = [...tokenizer.encode(completion, { before: prompt }), tokenizer.endOfText];
  return [asked, { ids, answer: true, text: completion }];
}

function chatSegments({ messages, tools }: ChatExample, chat: ChatTemplate): Segment[] {
  let before = '';
  return chat.segments(messages, { tools }).map((segment) => {
    const ids = chat.encode(segment, before);
    before = segment.answer ? '' : segment.text;
    return { ids, answer: segment.answer, text: chat.written(segment) };
  });
}

/**
 * Prompt, answer, end of text; the loss is on the answer and the end of text only. Of a conversation, on every turn of
 * the assistant and the token that ends it. Prompt and answer are tokenized apart, as they will be when the model is used. What is too long loses
 * the prompt's beginning; the last answer keeps its beginning, and at least a quarter of the block stays for the prompt.
 * @param chat of conversations: the template that renders them
 * @returns `skipped` where the template cannot express a conversation, or where no token of an answer is left, which would make the loss 0/0 (mlx-lm#1355)
 */
export function encodeInstruction(
  example: InstructExample | ChatExample,
  tokenizer: Tokenizer,
  blockSize: number,
  template: string,
  chat?: ChatTemplate,
): Encoded | Skipped {
  let segments: Segment[];
  if (example.kind === 'chat') {
    const { messages, tools, place } = example;
    const problem = chat!.problemOf(messages, tools);
    if (problem !== undefined) return { skipped: problem, place };
    segments = chatSegments(example, chat!);
  } else segments = instructionSegments(example, tokenizer, template);
  const tokens: number[] = [];
  const answer: boolean[] = [];
  let unknown = 0;
  let lastAnswer = 0; // where the last answer begins
  const push = (ids: ArrayLike<number>, isAnswer: boolean) => {
    for (let i = 0; i < ids.length; i++) {
      tokens.push(ids[i]!);
      answer.push(isAnswer);
    }
  };
  for (const { ids, answer: isAnswer, text } of segments) {
    if (isAnswer && tokens.length === 0) push([tokenizer.endOfText], false); // an answer to nothing begins a text
    if (isAnswer) lastAnswer = tokens.length;
    push(ids, isAnswer);
    if (isAnswer) unknown += unknownBytes(tokenizer, text, Uint32Array.from(ids));
  }
  if (lastAnswer === 0) {
    const asked = example.kind === 'chat' && example.messages.some(({ role }) => role === 'assistant');
    const skipped = asked ? 'the chat template gives no prompt for an answer of it' : 'the answer is empty';
    return { skipped, place: example.place };
  }

  const room = blockSize + 1; // the last token is only a target
  let from = 0;
  let to = answer.lastIndexOf(true) + 1;
  let cut: Encoded['cut'] = 'nothing';
  if (to > room) {
    const kept = Math.max(1, Math.min(lastAnswer, blockSize >> 2));
    cut = 'prompt';
    if (to - lastAnswer > room - kept) {
      to = lastAnswer + room - kept;
      cut = 'completion';
    }
    from = to - room;
  }
  const ids = Int32Array.from(tokens.slice(from, to - 1));
  const targets = Int32Array.from(tokens.slice(from + 1, to), (id, i) => (answer[from + 1 + i] ? id : ignored));
  return { ids, targets, label: -1, cut, ...(unknown > 0 && { unknownBytes: unknown }) };
}
