// Training as a sequence of events.
export type {
  DoneEvent,
  EvalEvent,
  SampleEvent,
  SaveEvent,
  StepEvent,
  TrainEvent,
} from './events.js';
export { type TrainingJob, train } from './loop.js';
export type { Evaluation, TrainingState } from './state.js';
