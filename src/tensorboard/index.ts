// Event files that TensorBoard reads, written next to a run. Knows events, no engine and no model.
export { EventFile } from './event-file.js';
export { TensorBoard } from './run-events.js';
