// A value that may not be merged with its equal, nor computed before another one is known (ops/recompute).
import type { Lowering, Lowerings } from './lowering.js';
import { reshape } from './shapes.js';

/** x, after -> x + 0 * (one number of `after`): onnxruntime does not look through products with numbers it cannot know. */
const fence: Lowering = (onnx, [x, after], node) => {
  const { shape } = node.outputs[0]!;
  const rank = Math.max(1, node.inputs[1]!.shape.length);
  const all = Array.from({ length: rank }, (_, axis) => axis);
  const ones = all.map(() => 1);
  const zeros = all.map(() => 0);
  const whole = reshape(onnx, after!, node.inputs[1]!.shape.length === 0 ? [1] : node.inputs[1]!.shape);
  const first = onnx.op('Slice', [whole, onnx.int64s(zeros), onnx.int64s(ones), onnx.int64s(all)]);
  const nothing = onnx.op('Mul', [first, onnx.scalar(0)]);
  return [
    onnx.op('Add', [
      x!,
      reshape(
        onnx,
        nothing,
        shape.map(() => 1),
      ),
    ]),
  ];
};

export const fences: Lowerings = { Fence: fence };
