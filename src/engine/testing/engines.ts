// The engines that tests run, each with the libraries that are set up here. For tests only.
import { createOnnxEngine } from '../onnx/engine.js';
import { createOpenvinoEngine } from '../openvino/engine.js';
import { hasOpenvino } from '../openvino/testing/library.js';
import { createTensorflowEngine } from '../tensorflow/engine.js';
import { hasTensorflow } from '../tensorflow/testing/library.js';
import type { Engine } from '../types.js';

type Engines = Readonly<Record<string, () => Promise<Engine>>>;

/** Those that read and write parameters in this process' memory. */
export const hostEngines: Engines = {
  onnx: () => createOnnxEngine({ device: 'cpu', threads: 2 }),
  ...(hasOpenvino && { openvino: () => createOpenvinoEngine({ threads: 2, precision: 'f32' }) }),
};

/** All but the one that runs tfjs op by op. */
export const compiledEngines: Engines = {
  ...hostEngines,
  ...(hasTensorflow && {
    'tensorflow graph': () => createTensorflowEngine({ device: 'cpu', threads: 2, jit: 'graph', precision: 'f32' }),
    'tensorflow xla': () => createTensorflowEngine({ device: 'cpu', threads: 2, jit: 'xla', precision: 'f32' }),
  }),
};
