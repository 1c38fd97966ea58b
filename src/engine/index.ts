// The contract of engine/: open an engine, look at what engines there are. Only commands import more than the types.
export { type EngineChoice, openEngine } from './choose.js';
export { type DeviceReport, type EngineReport, examine, type Report } from './doctor.js';
export { defaultThreads } from './threads.js';
export type {
  AdamWOptions,
  ArraySpec,
  Device,
  Engine,
  EngineName,
  Feeds,
  Program,
  Results,
  State,
  StateKind,
  StepFunction,
  StepResult,
  TrainingProgram,
} from './types.js';
