// Training as a sequence of events.
export type {
  DoneEvent,
  EvalEvent,
  Evaluation,
  SampleEvent,
  SaveEvent,
  StepEvent,
  TrainEvent,
} from './events.js';
export { type LossHistory, trainingCurve } from './history.js';
export { type TrainingJob, train } from './loop.js';
export type { TrainingState } from './state.js';
