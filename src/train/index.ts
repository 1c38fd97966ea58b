// Training as a sequence of events.
export type { LoopEnd, SampleRequest, SaveRequest, TrainEvent } from './events.js';
export { type TrainingJob, train } from './loop.js';
export { type Overfitting, OverfittingWatch } from './overfitting.js';
export type { Evaluation, Measurement, TrainingState } from './state.js';
