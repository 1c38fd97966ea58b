// The masks of rng.ts by the integer operators that OpenVINO's CPU plugin computes exactly. It has no unsigned numbers, shifts
// to the right by dividing toward 0, and may compare int32 as float32, of which 24 bits count.
import { bernoulliBy } from '../onnx/lowerings/random.js';
import type { Name, OnnxWriter } from '../onnx/writer.js';

/** x >> by, with its sign: without the bits that go, the division is exact. */
function shifted(onnx: OnnxWriter, x: Name, by: number): Name {
  return onnx.op('BitShift', [masked(onnx, x, -(2 ** by)), onnx.scalar(by, 'int32')], { direction: 'RIGHT' });
}

function masked(onnx: OnnxWriter, x: Name, mask: number): Name {
  return onnx.op('BitwiseAnd', [x, onnx.scalar(mask, 'int32')]);
}

export const bernoulli = bernoulliBy({
  fold: (onnx, x, by) => onnx.op('BitwiseXor', [x, masked(onnx, shifted(onnx, x, by), 2 ** (32 - by) - 1)]),
  /** Upper and lower halves apart: upper > t's, or equal with lower >= t's. */
  atLeast(onnx, x, threshold) {
    const [upper, lower] = [shifted(onnx, x, 16), masked(onnx, x, 0xffff)];
    const limit = onnx.scalar(threshold >> 16, 'int32');
    const rest = onnx.op('GreaterOrEqual', [lower, onnx.scalar(threshold & 0xffff, 'int32')]);
    const tied = onnx.op('And', [onnx.op('Equal', [upper, limit]), rest]);
    return onnx.op('Or', [onnx.op('Greater', [upper, limit]), tied]);
  },
});
