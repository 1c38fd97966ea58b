// The contract of optimizer/: what an optimizer is, one step over flat memory, and the learning rate's schedule. optimizers.ts
// lists the optimizers, and registry.ts gives their names and settings; neither loads tfjs.
export { adamw } from './adamw/index.js';
export { clipScale, clipScaleOf, squareSumOf } from './clip.js';
export { definedUpdater } from './defined.js';
export { FlatMemory, type Region, type Sharing, type Span } from './memory.js';
export { learningRateAt, type Schedule, stableIters } from './schedule.js';
export { addScratch, gradientNorm, kernelUpdater, type SpanUpdate, type SpanUpdater, updateAll } from './step.js';
export {
  defineRule,
  type OptimizedArray,
  type Optimizer,
  type OptimizerOptions,
  type Slot,
  type Update,
  type UpdateRule,
} from './types.js';
export { applyRule, constantsOf, scalarGroup, scalarsOf, type Updated, type UpdateTensors } from './update.js';
