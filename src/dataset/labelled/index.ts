// Labelled data: rows of a table, what they are for, examples, and batches of them.
export { answerLimits, answersOf, countOf } from './answers.js';
export { type CheckOptions, checkData, type DataReport, type SplitReport } from './check.js';
export { type Columns, type DecideOptions, decideTask, type Task, type TaskDecision } from './columns.js';
export {
  type ClassificationTokens,
  type Encoded,
  encodeChoice,
  encodeClassification,
  encodeInstruction,
  joined,
  longestOf,
  mostChoices,
  type Skipped,
} from './encode.js';
export type {
  ChatExample,
  ChoiceExample,
  ClassifyExample,
  Example,
  InstructExample,
  TextExample,
} from './examples.js';
export { type HeldOut, holdOut, type SplitRule, splitRule } from './hold-out.js';
export {
  type LabelledData,
  labelsOf,
  type ReadLabelledOptions,
  readLabelled,
  streamExamples,
} from './labelled.js';
export {
  bucketLengths,
  EpochBatches,
  type PaddedBatch,
  type PlannedBatch,
  padBatch,
  planEpoch,
  planOnce,
} from './padded.js';
export { type Finding, Findings, type Problem, throwing } from './problems.js';
export { questionOf, quickChecks } from './quick-checks.js';
export { findSplits, isTable, type SplitName } from './splits.js';
export { openTable, type Row, type Table } from './table.js';
export { checkTemplate, defaultTemplate, renderPrompt } from './template.js';
