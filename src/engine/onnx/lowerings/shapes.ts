// Operations that move elements and compute nothing.
import type { Name, OnnxWriter } from '../writer.js';
import { type Lowering, type Lowerings, mirroredPlaces, number, numbers, range } from './lowering.js';

/** allowzero: a size of 0 means 0 here. */
export function reshape(onnx: OnnxWriter, x: Name, shape: readonly number[]): Name {
  return onnx.op('Reshape', [x, onnx.int64s(shape)], { allowzero: 1 });
}

const slice = (
  onnx: OnnxWriter,
  x: Name,
  begin: readonly number[],
  end: readonly number[],
  axes: readonly number[],
  strides: readonly number[],
): Name =>
  axes.length === 0 ? x : onnx.op('Slice', [x, ...[begin, end, axes, strides].map((values) => onnx.int64s(values))]);

const plainSlice: Lowering = (onnx, [x], node) => {
  const [begin, size] = [numbers(node, 'begin'), numbers(node, 'size')];
  const axes = range(begin.length).filter((axis) => size[axis] !== node.inputs[0]!.shape[axis]);
  const at = (values: readonly number[]) => axes.map((axis) => values[axis]!);
  const end = begin.map((start, axis) => start + size[axis]!);
  return [
    slice(
      onnx,
      x!,
      at(begin),
      at(end),
      axes,
      axes.map(() => 1),
    ),
  ];
};

const stridedSlice: Lowering = (onnx, [x], node) => {
  const begin = numbers(node, 'begin');
  return [slice(onnx, x!, begin, numbers(node, 'end'), range(begin.length), numbers(node, 'strides'))];
};

const leastInt32 = -(2 ** 31); // the operator's way to say: to the very beginning

const reverse: Lowering = (onnx, [x], node) => {
  const dims = numbers(node, 'dims');
  const all = (value: number) => dims.map(() => value);
  return [slice(onnx, x!, all(-1), all(leastInt32), dims, all(-1))];
};

const split: Lowering = (onnx, [x], node) => {
  const sizes = numbers(node, 'numOrSizeSplits');
  if (sizes.length === 1) return [x!];
  return onnx.ops('Split', [x!, onnx.int64s(sizes)], sizes.length, { axis: number(node, 'axis') });
};

const pad: Lowering = (onnx, [x], node) => {
  const pads = onnx.int64s([...numbers(node, 'before'), ...numbers(node, 'after')]);
  if (node.inputs[0]!.shape.length === 0) return [x!];
  return [onnx.op('Pad', [x!, pads, onnx.scalar(number(node, 'constantValue'), node.inputs[0]!.dtype)])];
};

/** By gathering along each axis: ONNX mirrors only without repeating the edge. */
const mirrorPad: Lowering = (onnx, [x], node) => [
  mirroredPlaces(node).reduce(
    (value, { axis, places }) => onnx.op('Gather', [value, onnx.int64s(places)], { axis }),
    x!,
  ),
];

export const shapes: Lowerings = {
  Reshape: (onnx, [x], node) => [reshape(onnx, x!, node.outputs[0]!.shape)],
  Transpose: (onnx, [x], node) => [onnx.op('Transpose', [x!], { perm: numbers(node, 'perm') })],
  BroadcastTo: (onnx, [x], node) => [onnx.op('Expand', [x!, onnx.int64s(node.outputs[0]!.shape)])],
  Tile: (onnx, [x], node) => [
    node.inputs[0]!.shape.length === 0 ? x! : onnx.op('Tile', [x!, onnx.int64s(numbers(node, 'reps'))]),
  ],
  Concat: (onnx, inputs, node) => [
    inputs.length === 1 ? inputs[0]! : onnx.op('Concat', inputs, { axis: number(node, 'axis') }),
  ],
  SplitV: split,
  Slice: plainSlice,
  StridedSlice: stridedSlice,
  Reverse: reverse,
  PadV2: pad,
  MirrorPad: mirrorPad,
};
