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

export interface Scatter {
  /** The tensor written to. */
  readonly base: Name;
  readonly shape: readonly number[];
  /** int32 [..., depth]: where the first `depth` axes are pointed to. */
  readonly indices: Name;
  readonly indexShape: readonly number[];
  readonly updates: Name;
  readonly reduction: 'add' | 'none';
}

/**
 * Row by row through ScatterElements, which works in order. ScatterND shares its updates out among threads even where
 * they meet in one place: sums then lose addends.
 */
export function scatter(onnx: OnnxWriter, { base, shape, indices, indexShape, updates, reduction }: Scatter): Name {
  const depth = indexShape.at(-1)!;
  const count = sizeOf(indexShape.slice(0, -1));
  const pointed = shape.slice(0, depth);
  const width = sizeOf(shape.slice(depth));
  // Not where it changes nothing: onnxruntime would copy the whole table.
  const shaped = (x: Name, to: readonly number[]) => (shape.length === 2 && depth === 1 ? x : reshape(onnx, x, to));
  const rows = shaped(base, [sizeOf(pointed), width]);
  const places = onnx.op('Expand', [rowNumbers(onnx, indices, count, pointed), onnx.int64s([count, width])]);
  const values = reshape(onnx, updates, [count, width]);
  return shaped(onnx.op('ScatterElements', [rows, places, values], { axis: 0, reduction }), shape);
}

/** [count, 1]: the index tuple as one number, row-major over the axes it points to. */
function rowNumbers(onnx: OnnxWriter, indices: Name, count: number, pointed: readonly number[]): Name {
  if (pointed.length === 1) return reshape(onnx, indices, [count, 1]);
  const strides = Int32Array.from(pointed, (_, axis) => sizeOf(pointed.slice(axis + 1)));
  const factors = onnx.constant(new Uint8Array(strides.buffer), 'int32', [pointed.length]);
  const terms = onnx.op('Mul', [reshape(onnx, indices, [count, pointed.length]), factors]);
  return onnx.op('ReduceSum', [terms, onnx.int64s([1])], { keepdims: 1 });
}

const scatterNd: Lowering = (onnx, [indices, updates], node) => {
  const { shape, dtype } = node.outputs[0]!;
  const indexShape = node.inputs[0]!.shape;
  const base = zeros(onnx, shape, dtype);
  return [scatter(onnx, { base, shape, indices: indices!, indexShape, updates: updates!, reduction: 'add' })];
};

const tensorScatterUpdate: Lowering = (onnx, [base, indices, updates], node) => {
  const { shape } = node.outputs[0]!;
  const indexShape = node.inputs[1]!.shape;
  return [scatter(onnx, { base: base!, shape, indices: indices!, indexShape, updates: updates!, reduction: 'none' })];
};

/** Numbers out of range go to one row more, which is cut off. */
const unsortedSegmentSum: Lowering = (onnx, [x, ids], node) => {
  const { shape, dtype } = node.outputs[0]!;
  const segments = shape[0]!;
  const last = onnx.scalar(segments, 'int32');
  const negative = onnx.op('Less', [ids!, onnx.scalar(0, 'int32')]);
  const indices = onnx.op('Where', [negative, last, onnx.op('Min', [ids!, last])]);
  const longer = [segments + 1, ...shape.slice(1)];
  const sums = scatter(onnx, {
    base: zeros(onnx, longer, dtype),
    shape: longer,
    indices,
    indexShape: [node.inputs[1]!.shape[0]!, 1],
    updates: x!,
    reduction: 'add',
  });
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
  TensorScatterUpdate: tensorScatterUpdate,
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
};
