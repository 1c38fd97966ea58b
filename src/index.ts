// The library: what the command line does, for programs. Events and options are plain objects.

export { type ClassifyOptions, classify } from './classify/classify.js';
export type { Layer } from './config/index.js';
export { GptError } from './errors.js';
export { type EvaluateOptions, evaluate } from './evaluate/evaluate.js';
export type { ClassifyingEvent, EvaluationEvent, MemorizationEvent, RunEvent, SamplingEvent } from './events.js';
export { type ExplainOptions, type Explanation, explain } from './explain/explain.js';
export { type FinetuneOptions, finetune } from './finetune/finetune.js';
export type { CompletionOptions } from './generate/completion.js';
export { generate, type LoadedModel, loadCheckpoint } from './generate/load.js';
export { type SampleOptions, sample } from './generate/sample.js';
export { type MemorizationOptions, memorization } from './memorization/measure.js';
export type { GptConfig } from './model/gpt-config.js';
export { type PretrainOptions, pretrain } from './pretrain/pretrain.js';
export { type ReportEvent, type ReportOptions, report } from './report/report.js';
export type { Generated, GeneratedPiece } from './sample/index.js';
export { loadTokenizer, type Tokenizer } from './tokenizer/index.js';
export { inspectWeights, type WeightsEvent, type WeightsOptions } from './weights/weights.js';
