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
  /** Where and when this process began; absent in old logs. */
  readonly environment?: Environment;
}

export interface Environment {
  /** ISO 8601, UTC. */
  readonly time: string;
  /** `linux x64` */
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  /** Of the machine, in MB of 10^6 bytes. */
  readonly memoryMB: number;
  /** Versions of gpt-cli and Node. */
  readonly versions: Readonly<Record<string, string>>;
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
  /** Resident memory now, in MB of 10^6 bytes; absent in old logs. */
  readonly memoryMB?: number;
}

export interface EvalEvent {
  readonly event: 'eval';
  readonly iter: number;
  readonly trainLoss: number;
  readonly valLoss: number;
  readonly bitsPerByte: number;
  readonly accuracy?: number;
  readonly macroF1?: number;
  /** Of a classifier with at most 50 labels; rows are true labels, columns predicted ones, in the order of `labels` in `start`. */
  readonly confusion?: readonly (readonly number[])[];
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

/** What was chosen for the time that a run has (`pretrain --max-time`, docs/recipe.md); comes before `start`. */
export interface PlanEvent {
  readonly event: 'plan';
  /** Seconds that were given, and those of them that reading the text and measuring took. */
  readonly maxTime: number;
  readonly planning: number;
  /** The settings that were chosen, by camelCase key; what a person gave is not among them. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly parameters: number;
  /** Optimizer steps expected, and passes over the training text. */
  readonly steps: number;
  readonly epochs: number;
  /** Measured; of training steps of the chosen shape, or of one near to it. */
  readonly tokensPerSecond: number;
  /** UTF-8 bytes of the training text. */
  readonly trainBytes: number;
  /** What ends the run: `text` where more passes over it would teach nothing, though there is time. */
  readonly limit: 'time' | 'text';
  /** Bits per byte expected of text that the model has not seen; null for tokenizers other than BPE. */
  readonly expected: number | null;
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
  | PlanEvent
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

/** Where a passage occurs in the training text. */
export interface Place {
  /** The file, or the row of a table, where it is known. */
  readonly source?: string;
  /** Of the training text, from 1. */
  readonly document: number;
  /** In the document, from 1. */
  readonly line: number;
  /** UTF-8 bytes of the document before it. */
  readonly byte: number;
}

/** A passage that stands verbatim in the training text. */
export interface Passage {
  /** Its first token in the text that was checked. */
  readonly start: number;
  /** Tokens. */
  readonly length: number;
  readonly text: string;
  /** In the training text. */
  readonly occurrences: number;
  /** The first few of them. */
  readonly places: readonly Place[];
}

/** What of a text is in the training text: passages that cannot be made longer. */
export interface Memorized {
  /** Tokens that a passage has at least. */
  readonly minMatch: number;
  /** Of the text that was checked. */
  readonly tokens: number;
  /** Of them, those in passages. */
  readonly memorizedTokens: number;
  readonly passages: readonly Passage[];
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
  /** With --check-memorized. */
  readonly memorized?: Memorized;
  /** Of beam search: log-probability over length^penalty, nats. */
  readonly score?: number;
  /** Of each token (--logprobs). */
  readonly logprobs?: readonly TokenLogprobs[];
}

/** A token with its log-probability, nats, before any filter. */
export interface LogprobEntry {
  readonly id: number;
  readonly token: string;
  readonly logprob: number;
}

export interface TokenLogprobs extends LogprobEntry {
  /** The likeliest tokens in its place, best first. */
  readonly top: readonly LogprobEntry[];
}

/** A finished text of a file of prompts, or why there is none. */
export interface PromptEvent {
  readonly event: 'prompt';
  /** The row in the file, from 0. */
  readonly row: number;
  /** What the row had: `prompt` or `messages`, and all other fields. */
  readonly given: Readonly<Record<string, unknown>>;
  readonly result: SampleEvent | { readonly error: string };
}

export type SamplingEvent = PieceEvent | SampleEvent | PhaseEvent | NoticeEvent;
export type PromptsEvent = PromptEvent | PhaseEvent | NoticeEvent;

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

/** What a model wrote, compared with the answers of the data (`eval --generate`): in [0, 100], with sacrebleu's signatures. */
export interface WrittenScores {
  readonly bleu: number;
  readonly bleuSignature: string;
  readonly chrf: number;
  readonly chrfSignature: string;
}

/** What an evaluation found. Tables add `examples`, labelled ones all that follows; `bitsPerByte` is then NaN. */
export interface ResultEvent extends Partial<WrittenScores> {
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
  /** Of a classifier. */
  readonly labels?: readonly string[];
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
/** The mean of a measure over examples, and its standard error; null of a single example. */
export interface Estimate {
  readonly mean: number;
  readonly error: number | null;
}

/** What `eval --suite` found: of each kind of example that the file has. Shares are in [0, 1]. */
export interface SuiteEvent {
  readonly event: 'suite';
  /** Multiple choice: whether the right choice has the highest log-likelihood, whole, per token or per UTF-8 byte. */
  readonly choices?: {
    readonly examples: number;
    readonly accuracy: Estimate;
    readonly accuracyPerToken: Estimate;
    readonly accuracyPerByte: Estimate;
  };
  /** Minimal pairs: whether the acceptable sentence has the higher log-likelihood. */
  readonly pairs?: { readonly examples: number; readonly accuracy: Estimate };
  /** Generated answers. */
  readonly answers?: { readonly examples: number; readonly exactMatch: Estimate; readonly f1: Estimate };
}

export type SuiteProgressEvent = SuiteEvent | PhaseEvent | NoticeEvent;

export type EvaluationEvent = ResultEvent | PhaseEvent | NoticeEvent;

/** Of passages that a model was prompted with: how many it continued as they continue in the text. */
export interface Extraction {
  /** Passages. */
  readonly samples: number;
  /** Of prompts with answers: at most. */
  readonly promptTokens: number;
  readonly continuationTokens: number;
  /** Passages that were continued verbatim, to the last token. */
  readonly extracted: number;
  /** `extracted` / `samples` */
  readonly rate: number;
  /** Tokens that were right before the first one that was not, on average. */
  readonly matchedTokens: number;
}

/** A passage of the training text in texts that a model wrote unprompted. */
export interface WrittenPassage extends Omit<Passage, 'start'> {
  /** Texts that it is in. */
  readonly samples: number;
}

/** How much of its training text a model gives away (`eval --memorized`). */
export interface MemorizationEvent {
  readonly event: 'memorization';
  /** Prompted with training text. */
  readonly extraction: Extraction;
  /** The same with text that was held out: what a model gets right that it has not seen. Null where there is none. */
  readonly heldOut: Extraction | null;
  /** Written unprompted, with the defaults of `sample`. */
  readonly generated: {
    readonly samples: number;
    readonly tokens: number;
    /** Tokens in passages of at least `minMatch` tokens of the training text. */
    readonly memorizedTokens: number;
    /** `memorizedTokens` / `tokens` */
    readonly share: number;
    /** Tokens of the longest passage; 0: there is none. */
    readonly longest: number;
  };
  readonly minMatch: number;
  /** The longest first. */
  readonly passages: readonly WrittenPassage[];
}
