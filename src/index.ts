// The library: what the command line does, for programs. Events and options are plain objects.
export type { Layer } from './config/index.js';
export { GptError } from './errors.js';
export type { GptConfig } from './model/registry.js';
export { type ClassifyOptions, classify } from './run/classify.js';
export { type EvaluateOptions, evaluate } from './run/eval.js';
export type { ClassifyingEvent, EvaluationEvent, RunEvent, SamplingEvent } from './run/events.js';
export { type FinetuneOptions, finetune } from './run/finetune.js';
export { generate, type LoadedModel, loadCheckpoint } from './run/load.js';
export { type PretrainOptions, pretrain } from './run/pretrain.js';
export { type SampleOptions, sample } from './run/sample.js';
export type { CompletionOptions } from './run/session/completion.js';
export type { Generated, GeneratedPiece } from './sample/index.js';
export { loadTokenizer, type Tokenizer } from './tokenizer/index.js';
