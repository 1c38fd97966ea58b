// A value that may not be merged with its equal, nor computed before another one is known (ops/recompute).
import { sizeOf } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';
import type { Lowering, Lowerings } from './lowering.js';
import { reshape } from './shapes.js';

/**
 * x, after -> x in its own shape plus a zero that comes from a number of `after`: no copy, and onnxruntime does not know
 * that no number is greater than itself. Nor does it know the shape then, which keeps it from planning the memory of what is
 * computed from x: it would hold it from one use of a shape to the next one, however far. On a GPU, where a shape is read
 * on the CPU: `fenceOnDevice`.
 */
const fence: Lowering = (onnx, [x, after], node) => [
  fenced(onnx, x!, node.outputs[0]!.shape, { name: after!, shape: node.inputs[1]!.shape }),
];

/** A value of the model with its shape. */
export interface Shaped {
  readonly name: Name;
  readonly shape: readonly number[];
}

/** See `fence`. */
export function fenced(onnx: OnnxWriter, x: Name, shape: readonly number[], after: Shaped): Name {
  const first = firstOf(onnx, after.name, after.shape); // [1]
  const zero = onnx.cast(onnx.op('Greater', [first, first]), 'int64');
  return onnx.op('Reshape', [x, onnx.op('Add', [onnx.int64s(shape), zero])], { allowzero: 1 });
}

/** A zero of shape [1] that comes from a number of `after`. */
export function zeroAfter(onnx: OnnxWriter, { name, shape }: Shaped): Name {
  return onnx.op('Mul', [firstOf(onnx, name, shape), onnx.scalar(0)]);
}

/** x, after -> x + 0 * (one number of `after`): onnxruntime does not look through products with numbers it cannot know. */
export const fenceOnDevice: Lowering = (onnx, [x, after], node) => {
  const nothing = zeroAfter(onnx, { name: after!, shape: node.inputs[1]!.shape });
  const ones = node.outputs[0]!.shape.map(() => 1);
  return [onnx.op('Add', [x!, reshape(onnx, nothing, ones)])];
};

/** [1] */
function firstOf(onnx: OnnxWriter, x: Name, shape: readonly number[]): Name {
  const flat = reshape(onnx, x, [sizeOf(shape)]);
  return onnx.op('Slice', [flat, onnx.int64s([0]), onnx.int64s([1])]);
}

export const fences: Lowerings = { Fence: fence };
