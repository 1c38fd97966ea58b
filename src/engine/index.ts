// The contract of engine/: open an engine, look at what engines there are. Only commands import more than the types.
export { availableMemory } from './available-memory.js';
export { type ClusterChoice, type EngineChoice, openEngine, requireEngine } from './choose.js';
export { type DeviceReport, type EngineReport, examine, measureOnnx, type Report } from './doctor.js';
export type { PackageReport } from './eager/examine.js';
export { inferenceGraph, preparedBy, trainingGraph, valueBytes } from './graphs.js';
export { cacheFolder, type SetupEvent, type SetupResult } from './install/index.js';
export { type LocatedOpenvino, locateOpenvino } from './openvino/locate.js';
export { bf16Unit, choosePrecision } from './openvino/precision.js';
export { requireProfileFolder } from './profile-name.js';
export { type LibraryName, removeLibrary, setupLibrary } from './setup.js';
export { type Located, locateTensorflow } from './tensorflow/locate.js';
export { defaultThreads } from './threads.js';
export type {
  ArraySpec,
  Device,
  Engine,
  EngineName,
  Feeds,
  GraphListener,
  Jit,
  Optimizer,
  OptimizerOptions,
  Precision,
  Program,
  Results,
  Slot,
  State,
  StateOptions,
  StepFunction,
  StepResult,
  StepUpdate,
  TrainingProgram,
} from './types.js';
export { type UpdateCost, updateCost } from './update/cost.js';
