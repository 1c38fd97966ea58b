// TensorFlow.js in the entries for its users (`gpt-cli/jit`, `gpt-cli/layers`): scripts/build.js puts this in the place of
// tf.ts there. It is the program's own copy, a peer dependency, so that tensors, variables and layers are the same. Only the
// class of the CPU backend, which that package does not export, is bundled.

export * from '@tensorflow/tfjs';
export { MathBackendCPU } from '@tensorflow/tfjs-backend-cpu/dist/backend_cpu.js';
