// Checkpoints and run folders on disk: a checkpoint is a Hugging Face folder, complete or absent at any moment.
export { AdapterFile, inAdapter, writeAdapter } from './adapter.js';
export { fromHuggingFace, toHuggingFace } from './hf-config.js';
export { locateCheckpoint, type Preference } from './locate.js';
export { type Checkpoint, openCheckpoint, type ReadOptions, type ReadReport } from './open.js';
export type { OptimizerRecord } from './optimizer.js';
export { requireReplaceable } from './replaceable.js';
export { type ClaimOptions, claimRun, type Run } from './run-folder.js';
export { type EventLog, type LogLine, RunLog } from './run-log.js';
export { SafetensorsFile, type TensorSource, writeSafetensors } from './safetensors/index.js';
export { type CheckpointContent, replaceTrainingState, saveCheckpoint, type TrainedContent } from './save.js';
