// Reductions, scans and what else works along an axis.
import { sizeOf } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';
import { flag, type Lowering, type Lowerings, number, numbers } from './lowering.js';
import { columnSums } from './products.js';

const reduce =
  (opType: string): Lowering =>
  (onnx, [x], node) => {
    const axes = numbers(node, 'axis');
    if (axes.length === 0) return [x!];
    return [onnx.op(opType, [x!, onnx.int64s(axes)], { keepdims: flag(node, 'keepDims') })];
  };

/** So many rows have their columns summed by a product, whose vector of ones is part of the model. */
const mostOnes = 2 ** 16;

const sum: Lowering = (onnx, inputs, node) => {
  const { shape, dtype } = node.inputs[0]!;
  const [rows, columns] = shape as [number, number];
  const ofColumns = shape.length === 2 && numbers(node, 'axis').join() === '0' && !flag(node, 'keepDims');
  if (!ofColumns || dtype !== 'float32' || rows > mostOnes || sizeOf(shape) === 0)
    return reduce('ReduceSum')(onnx, inputs, node);
  return [columnSums(onnx, inputs[0]!, rows, columns)];
};

/** By counting: the operators for extremes know no bool. `all` counts what is false. */
const count =
  (all: boolean): Lowering =>
  (onnx, [x], node) => {
    const axes = numbers(node, 'axis');
    if (axes.length === 0) return [x!];
    const counted = onnx.cast(all ? onnx.op('Not', [x!]) : x!, 'int32');
    const sum = onnx.op('ReduceSum', [counted, onnx.int64s(axes)], { keepdims: flag(node, 'keepDims') });
    const none = onnx.op('Equal', [sum, onnx.scalar(0, 'int32')]);
    return [all ? none : onnx.op('Not', [none])];
  };

const argument =
  (opType: string): Lowering =>
  (onnx, [x], node) => {
    const input = node.inputs[0]!.dtype === 'bool' ? onnx.cast(x!, 'int32') : x!;
    return [onnx.cast(onnx.op(opType, [input], { axis: number(node, 'axis'), keepdims: 0 }), 'int32')];
  };

const cumsum: Lowering = (onnx, [x], node) => [
  onnx.op('CumSum', [x!, onnx.scalar(number(node, 'axis'), 'int64')], {
    exclusive: flag(node, 'exclusive'),
    reverse: flag(node, 'reverse'),
  }),
];

/** ONNX has no such operator: log2(length) times, each element is multiplied by the one 1, 2, 4... places before it. */
const cumprod: Lowering = (onnx, [x], node) => {
  const { shape, dtype } = node.inputs[0]!;
  const axis = number(node, 'axis');
  const length = shape[axis]!;
  const reverse = flag(node, 'reverse') === 1;
  const moved = (value: Name, by: number) => shifted(onnx, value, { shape, axis, by, reverse }, dtype);
  let product = flag(node, 'exclusive') ? moved(x!, 1) : x!;
  for (let by = 1; by < length; by *= 2) product = onnx.op('Mul', [product, moved(product, by)]);
  return [product];
};

interface Shift {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly by: number;
  readonly reverse: boolean;
}

/** Along the axis, toward the end (or the beginning, if reverse); ones come in. */
function shifted(onnx: OnnxWriter, x: Name, { shape, axis, by, reverse }: Shift, dtype: 'float32' | 'int32' | 'bool') {
  const [start, end] = reverse ? [by, shape[axis]!] : [0, Math.max(0, shape[axis]! - by)];
  const kept = onnx.op('Slice', [x, onnx.int64s([start]), onnx.int64s([end]), onnx.int64s([axis])]);
  const pads = reverse ? [0, by] : [by, 0];
  return onnx.op('Pad', [kept, onnx.int64s(pads), onnx.scalar(1, dtype), onnx.int64s([axis])]);
}

const topK: Lowering = (onnx, [x], node) => {
  const inputs = [x!, onnx.int64s([number(node, 'k')])];
  const [values, indices] = onnx.ops('TopK', inputs, 2, { axis: -1, largest: 1, sorted: flag(node, 'sorted') });
  return [values!, onnx.cast(indices!, 'int32')];
};

export const reductions: Lowerings = {
  Sum: sum,
  Mean: reduce('ReduceMean'),
  Prod: reduce('ReduceProd'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  All: count(true),
  Any: count(false),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: cumsum,
  Cumprod: cumprod,
  Softmax: (onnx, [x], node) => [sizeOf(node.outputs[0]!.shape) === 0 ? x! : onnx.op('Softmax', [x!], { axis: -1 })],
  TopK: topK,
};
