// The contract of install/: set TensorFlow up, take it away.
export { removeTensorflow, setupTensorflow } from './setup.js';
export type { SetupEvent, SetupOptions, SetupResult } from './types.js';
