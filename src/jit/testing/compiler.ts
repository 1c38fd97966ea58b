// For tests: jitted functions that are disposed together.
import type * as tf from '../../tf.js';
import { type JitOptions, jit } from '../index.js';

export const onnx: JitOptions = { backend: 'onnx', threads: 1 };

export const values = (x: tf.Tensor): number[] => Array.from(x.dataSync());

export function compiler() {
  const opened: { dispose(): Promise<void> }[] = [];
  const compile: typeof jit = async (fn, specs, options) => {
    const jitted = await jit(fn, specs, options);
    opened.push(jitted);
    return jitted;
  };
  const disposeAll = async () => {
    for (const jitted of opened.splice(0)) await jitted.dispose();
  };
  return { compile, disposeAll };
}
