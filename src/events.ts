// The one vocabulary of events, from the training loop to the command line (--json: one event a line) and library users.
// `phase`, `notice` and `text` are for people at a terminal and never appear in --json output.
import type { EngineName } from './engine/names.js';
import type { Scheme } from './quantization/scheme.js';

export interface StartEvent {
  readonly event: 'start';
  readonly command: 'pretrain' | 'finetune';
  readonly backend: EngineName;
  /** Of products, where the engine has a choice. */
  readonly precision?: 'f32' | 'bf16';
  readonly device: string;
  readonly threads: number;
  /** Workers that train together, where there are several. */
  readonly workers?: number;
  readonly parameters: number;
  readonly vocabSize: number;
  readonly tokens: { readonly train: number; readonly val: number };
  /** Of finetuning: rows, what is learned, and the labels. */
  readonly examples?: { readonly train: number; readonly val: number };
  readonly task?: 'classify' | 'choice' | 'instruct' | 'text';
  readonly labels?: readonly string[];
  /** Of a classifier: accuracies on the validation rows without a language model. */
  readonly baselines?: { readonly majority: number; readonly bagOfWords: number };
  readonly iter: number;
  readonly maxIters: number | null;
  /** Seconds, where time ends the run (--max-time). */
  readonly maxTime?: number | null;
  readonly out: string;
}

export interface StepEvent {
  readonly event: 'step';
  readonly iter: number;
  readonly loss: number;
  readonly lr: number;
  readonly gradNorm: number;
  readonly tokensPerSecond: number;
  /** Seconds since this process began. */
  readonly elapsed: number;
}

export interface EvalEvent {
  readonly event: 'eval';
  readonly iter: number;
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bitsPerByte: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
}

export interface CheckpointEvent {
  readonly event: 'checkpoint';
  readonly iter: number;
  readonly kind: 'best' | 'last' | 'stable';
  readonly path: string;
}

export interface DoneEvent {
  readonly event: 'done';
  readonly iter: number;
  readonly reason: 'finished' | 'early-stop' | 'time' | 'interrupted';
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bestValLoss: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
  readonly tokensPerSecond: number;
  readonly elapsed: number;
  readonly peakMemoryMB: number;
  readonly out: string;
}

/** Long work other than training: reading text, training the tokenizer, compiling. */
export interface PhaseEvent {
  readonly event: 'phase';
  readonly name: string;
  readonly done?: number;
  readonly total?: number;
  /** The last event of its phase. */
  readonly finished?: boolean;
}

/** One line a person should read: what was decided and why, a warning about the data. */
export interface NoticeEvent {
  readonly event: 'notice';
  readonly level: 'info' | 'warning';
  readonly message: string;
}

/** A sample generated during training (--sample-every). */
export interface TextEvent {
  readonly event: 'text';
  readonly iter: number;
  readonly text: string;
}

export type RunEvent =
  | StartEvent
  | StepEvent
  | EvalEvent
  | CheckpointEvent
  | DoneEvent
  | PhaseEvent
  | NoticeEvent
  | TextEvent;

/** Text that is complete, as it is written (`sample` at a terminal). */
export interface PieceEvent {
  readonly event: 'piece';
  readonly index: number;
  readonly text: string;
}

/** A finished text. */
export interface SampleEvent {
  readonly event: 'sample';
  readonly index: number;
  readonly prompt: string;
  /** What was written after the prompt. */
  readonly text: string;
  readonly tokens: readonly number[];
  readonly finish: 'length' | 'stop' | 'eos';
  readonly tokensPerSecond: number;
}

export type SamplingEvent = PieceEvent | SampleEvent | PhaseEvent | NoticeEvent;

/** A text with its label. */
export interface ClassEvent {
  readonly event: 'class';
  readonly text: string;
  /** Of a pair. */
  readonly second?: string;
  /** Of multiple choice. */
  readonly choices?: readonly string[];
  /** The likeliest one; of multiple choice its number, from 0. */
  readonly label: string;
  /** The probability of every label, or of every choice by its number. */
  readonly scores: Readonly<Record<string, number>>;
  /** The label that the data gave, where it has one. */
  readonly expected?: string;
}

export type ClassifyingEvent = ClassEvent | PhaseEvent | NoticeEvent;

/** What an evaluation found. Tables add `examples`, labelled ones all that follows; `bitsPerByte` is then NaN. */
export interface ResultEvent {
  readonly event: 'result';
  readonly loss: number;
  readonly perplexity: number;
  readonly bitsPerByte: number;
  readonly tokens: number;
  /** Of a model of characters: how many characters its tokenizer has never seen; missing where there are none. */
  readonly unseenCharacters?: number;
  readonly examples?: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
  /** Rows are true labels, columns predicted ones. */
  readonly confusion?: readonly (readonly number[])[];
  readonly labels?: readonly string[];
  /** Rows of each label that the model does not know. They count as wrong; their labels come last in `labels`. */
  readonly unknownLabels?: Readonly<Record<string, number>>;
  /** In which format the weights are, unless in float32. */
  readonly weights?: Scheme;
  /** What the same model scores in float32, where its weights were rounded for this evaluation. */
  readonly float32?: { readonly loss: number; readonly accuracy?: number };
}

/** What became of a model in 8 or 4 bits. */
export interface QuantizedEvent {
  readonly event: 'quantized';
  readonly out: string;
  readonly weights: Scheme;
  readonly parameters: number;
  /** Of all parameters in float32. */
  readonly float32Bytes: number;
  /** Of the file with the weights. */
  readonly bytes: number;
  /** Nats per token of the run's validation text, where that is at hand: of what was written, and of the weights before. */
  readonly loss?: number;
  readonly float32Loss?: number;
  /** How many of its tokens were scored. */
  readonly tokens?: number;
}

export type QuantizationEvent = QuantizedEvent | PhaseEvent | NoticeEvent;

export type EvaluationEvent = ResultEvent | PhaseEvent | NoticeEvent;
