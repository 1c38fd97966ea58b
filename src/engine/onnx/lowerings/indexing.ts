// Operations that read or write at places given by numbers.
import { type DType, sizeOf } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';
import { type Lowering, type Lowerings, number, range } from './lowering.js';
import { reshape } from './shapes.js';

const gather: Lowering = (onnx, [x, indices], node) => {
  const batchDims = number(node, 'batchDims');
  const axis = number(node, 'axis');
  if (batchDims === 0) return [onnx.op('Gather', [x!, indices!], { axis })];

  // The gathered axis comes right after the batch axes, then both become one axis with larger numbers.
  const [inputShape, indexShape] = node.inputs.map((input) => input.shape) as [readonly number[], readonly number[]];
  const rank = inputShape.length;
  const middle = range(rank).slice(batchDims, axis);
  const rest = range(rank).slice(axis + 1);
  const order = [...range(batchDims), axis, ...middle, ...rest];
  const front = onnx.op('Transpose', [x!], { perm: order });
  const batch = sizeOf(inputShape.slice(0, batchDims));
  const length = inputShape[axis]!;
  const others = [...middle, ...rest].map((i) => inputShape[i]!);
  const rows = reshape(onnx, front, [batch * length, ...others]);
  const wanted = indexShape.slice(batchDims);
  const starts = Int32Array.from(range(batch), (i) => i * length);
  const offsets = onnx.constant(new Uint8Array(starts.buffer), 'int32', [batch, 1]);
  const flat = onnx.op('Add', [reshape(onnx, indices!, [batch, sizeOf(wanted)]), offsets]);
  const found = onnx.op('Gather', [rows, flat], { axis: 0 });
  const result = reshape(onnx, found, [...inputShape.slice(0, batchDims), ...wanted, ...others]);

  // [batch, wanted, middle, rest] to [batch, middle, wanted, rest]
  const afterBatch = batchDims + wanted.length;
  const perm = [
    ...range(batchDims),
    ...middle.map((_, i) => afterBatch + i),
    ...wanted.map((_, i) => batchDims + i),
    ...rest.map((_, i) => afterBatch + middle.length + i),
  ];
  return [onnx.op('Transpose', [result], { perm })];
};

const gatherNd: Lowering = (onnx, [params, indices], node) => {
  // No axis is named: the whole of params, once for each row of indices.
  if (node.inputs[1]!.shape.at(-1) === 0) return [onnx.op('Expand', [params!, onnx.int64s(node.outputs[0]!.shape)])];
  return [onnx.op('GatherND', [params!, onnx.cast(indices!, 'int64')])];
};

function zeros(onnx: OnnxWriter, shape: readonly number[], dtype: DType): Name {
  return onnx.op('Expand', [onnx.scalar(0, dtype), onnx.int64s(shape)]);
}

const scatterNd: Lowering = (onnx, [indices, updates], node) => {
  const { shape, dtype } = node.outputs[0]!;
  const places = onnx.cast(indices!, 'int64');
  return [onnx.op('ScatterND', [zeros(onnx, shape, dtype), places, updates!], { reduction: 'add' })];
};

/** Numbers out of range go to one row more, which is cut off. */
const unsortedSegmentSum: Lowering = (onnx, [x, ids], node) => {
  const { shape, dtype } = node.outputs[0]!;
  const segments = shape[0]!;
  const last = onnx.scalar(segments, 'int32');
  const negative = onnx.op('Less', [ids!, onnx.scalar(0, 'int32')]);
  const valid = onnx.op('Where', [negative, last, onnx.op('Min', [ids!, last])]);
  const places = reshape(onnx, onnx.cast(valid, 'int64'), [node.inputs[1]!.shape[0]!, 1]);
  const base = zeros(onnx, [segments + 1, ...shape.slice(1)], dtype);
  const sums = onnx.op('ScatterND', [base, places, x!], { reduction: 'add' });
  return [onnx.op('Slice', [sums, onnx.int64s([0]), onnx.int64s([segments]), onnx.int64s([0])])];
};

/** By comparing: ONNX's own operator takes negative numbers from the end. */
const oneHot: Lowering = (onnx, [indices], node) => {
  const { shape, dtype } = node.inputs[0]!;
  const depth = number(node, 'depth');
  const classes = onnx.constant(new Uint8Array(Int32Array.from(range(depth)).buffer), dtype, [depth]);
  const hit = onnx.op('Equal', [reshape(onnx, indices!, [...shape, 1]), classes]);
  const output = node.outputs[0]!.dtype;
  const [on, off] = [number(node, 'onValue'), number(node, 'offValue')];
  if (output === 'bool') return [on === off ? zerosOrOnes(onnx, node.outputs[0]!.shape, on) : invertIf(onnx, hit, !on)];
  return [onnx.op('Where', [hit, onnx.scalar(on, output), onnx.scalar(off, output)])];
};

function zerosOrOnes(onnx: OnnxWriter, shape: readonly number[], value: number): Name {
  return onnx.op('Expand', [onnx.scalar(value, 'bool'), onnx.int64s(shape)]);
}

function invertIf(onnx: OnnxWriter, value: Name, invert: boolean): Name {
  return invert ? onnx.op('Not', [value]) : value;
}

export const indexing: Lowerings = {
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  TensorScatterUpdate: (onnx, [tensor, indices, updates]) => [
    onnx.op('ScatterND', [tensor!, onnx.cast(indices!, 'int64'), updates!]),
  ],
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
};
