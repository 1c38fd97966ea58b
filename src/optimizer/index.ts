// The contract of optimizer/: AdamW over flat memory, and the learning rate's schedule.
export { adamw, type Coefficients, clipScale, coefficients, scaled } from './adamw.js';
export { FlatMemory, type Region } from './memory.js';
export { learningRateAt, type Schedule } from './schedule.js';
export { addScratch, gradientNorm, updateAll } from './step.js';
export type { AdamWOptions, FlatArray, Update } from './types.js';
