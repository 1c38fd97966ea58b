// TensorFlow.js as this project uses it: core, every gradient, chained ops, layers and the plain CPU backend, one copy.
import { endQuiet } from './tf-quiet.js'; // first
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-backend-cpu/dist/base.js';
import '@tensorflow/tfjs-backend-cpu/dist/register_all_kernels.js';

endQuiet(); // else for good: no banner on standard error

export { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
export * from '@tensorflow/tfjs-core';
export {
  initializers,
  input,
  type LayersModel,
  layers,
  loadLayersModel,
  model,
  sequential,
} from '@tensorflow/tfjs-layers';
