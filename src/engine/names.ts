// The engines and devices by name. Apart from types.ts, so that the library's types do not lead to tfjs.

export type EngineName = 'onnx' | 'openvino' | 'eager' | 'tensorflow';
export type Device = 'cpu' | 'webgpu' | 'cuda' | 'dml';
/** How the tensorflow engine runs a step: compiled by XLA, operation by operation, or the faster of the two. */
export type Jit = 'auto' | 'xla' | 'graph';

/** Of the operands of matrix products; weights, sums and the optimizer are float32. */
export type Precision = 'f32' | 'bf16';

/** Whether an engine multiplies by matrices in 8 or 4 bits, so that a state for inference may hold such. */
export function canQuantize(engine: EngineName | 'auto', device: Device | 'auto'): boolean {
  return engine !== 'eager' && engine !== 'tensorflow' && (device === 'auto' || device === 'cpu');
}
