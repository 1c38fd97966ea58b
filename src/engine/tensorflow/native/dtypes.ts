// Data types as TensorFlow numbers them, and the arrays that hold them here.
import type { DType, HostArray } from '../../../trace/graph.js';

export type TfType = DType | 'uint32' | 'int64' | 'bfloat16' | 'resource' | 'float64';

export const typeNumbers: Readonly<Record<TfType, number>> = {
  float32: 1,
  float64: 2,
  int32: 3,
  int64: 9,
  bool: 10,
  bfloat16: 14,
  resource: 20,
  uint32: 22,
};

/** Bytes of our own types. */
export const typeBytes: Readonly<Record<DType, number>> = { float32: 4, int32: 4, bool: 1 };

/** An array on memory that is ours. */
export function arrayOn(buffer: ArrayBuffer, dtype: DType): HostArray {
  if (dtype === 'float32') return new Float32Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
