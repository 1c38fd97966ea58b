// Kernels that move numbers about without computing: shapes, slices, joins, pads.
import * as tf from '../../tf.js';
import type { Value } from '../graph.js';
import { resolveAxis } from '../shapes.js';
import { type Call, input, type Rules } from './rule.js';

const rankOf = (value: Value): number => value.shape.length;

function paddings(call: Call): { before: number[]; after: number[] } {
  const pairs = call.attrs['paddings'] as [number, number][];
  return { before: pairs.map(([before]) => before), after: pairs.map(([, after]) => after) };
}

/** Any strided slice, with its masks: a reversal for negative strides, a slice, a reshape. */
function stridedSlice(call: Call): Value {
  const x = input(call, 'x');
  const a = call.attrs as Record<'begin' | 'end' | 'strides', number[]> & Record<string, number>;
  const info = tf.slice_util.sliceInfo(
    [...x.shape],
    a.begin,
    a.end,
    a.strides,
    a['beginMask'] ?? 0,
    a['endMask'] ?? 0,
    a['ellipsisMask'] ?? 0,
    a['newAxisMask'] ?? 0,
    a['shrinkAxisMask'] ?? 0,
  );
  if (info.isIdentity) return call.to.reshape(x, info.finalShape);
  // Plus 0: tfjs counts -0 elements where there are none.
  const counts = tf.slice_util.computeOutShape(info.begin, info.end, info.strides).map((count) => count + 0);
  const dims = info.strides.flatMap((stride, axis) => (stride < 0 && counts[axis]! > 0 ? [axis] : []));
  const source = dims.length > 0 ? call.to.one('Reverse', [x], { dims }) : x;
  const strides = info.strides.map(Math.abs);
  const begin = info.begin.map((first, axis) => {
    if (counts[axis] === 0) return 0;
    return info.strides[axis]! < 0 ? x.shape[axis]! - 1 - first : first;
  });
  const end = begin.map((first, axis) => (counts[axis] === 0 ? 0 : first + (counts[axis]! - 1) * strides[axis]! + 1));
  const sliced = strides.every((stride, axis) => stride === 1 || counts[axis]! <= 1)
    ? call.to.slice(source, begin, counts)
    : call.to.one('StridedSlice', [source], { begin, end, strides });
  return call.to.reshape(sliced, info.finalShape);
}

export const shapingRules: Rules = {
  Reshape: (call) => {
    const x = input(call, 'x');
    const size = tf.util.sizeFromShape([...x.shape]);
    return call.to.reshape(x, tf.util.inferFromImplicitShape(call.attrs['shape'] as number[], size));
  },
  ExpandDims: (call) => {
    const x = input(call, 'input');
    const at = resolveAxis(Number(call.attrs['dim']), rankOf(x) + 1);
    return call.to.reshape(x, [...x.shape.slice(0, at), 1, ...x.shape.slice(at)]);
  },
  Transpose: (call) => call.to.transpose(input(call, 'x'), call.attrs['perm'] as number[]),
  Tile: (call) => {
    const x = input(call, 'x');
    const reps = call.attrs['reps'] as number[];
    const shape = x.shape.map((size, axis) => size * reps[axis]!);
    if (x.shape.every((size, axis) => size === 1 || reps[axis] === 1)) return call.to.broadcastTo(x, shape);
    return call.to.one('Tile', [x], { reps: [...reps] });
  },
  Concat: (call) => {
    const axis = resolveAxis(Number(call.attrs['axis']), rankOf(call.list[0]!));
    tf.backend_util.assertParamsConsistent(
      call.list.map(({ shape }) => [...shape]),
      axis,
    );
    return call.to.concat(call.list, axis);
  },
  Pack: (call) => {
    const axis = resolveAxis(Number(call.attrs['axis'] ?? 0), rankOf(call.list[0]!) + 1);
    const rows = call.list.map((x) => call.to.reshape(x, [...x.shape.slice(0, axis), 1, ...x.shape.slice(axis)]));
    return call.to.concat(rows, axis);
  },
  Unpack: (call) => {
    const value = input(call, 'value');
    const axis = resolveAxis(Number(call.attrs['axis'] ?? 0), rankOf(value));
    const shape = value.shape.filter((_, index) => index !== axis);
    const numOrSizeSplits = Array<number>(value.shape[axis]!).fill(1);
    if (numOrSizeSplits.length === 0) return [];
    const rows = numOrSizeSplits.length === 1 ? [value] : call.to.all('SplitV', [value], { numOrSizeSplits, axis });
    return rows.map((row) => call.to.reshape(row, shape));
  },
  SplitV: (call) => {
    const x = input(call, 'x');
    const axis = resolveAxis(Number(call.attrs['axis'] ?? 0), rankOf(x));
    const asked = call.attrs['numOrSizeSplits'] as number | number[];
    const numOrSizeSplits = tf.backend_util.prepareSplitSize({ shape: [...x.shape] } as tf.Tensor, asked, axis);
    return numOrSizeSplits.length === 1 ? [x] : call.to.all('SplitV', [x], { numOrSizeSplits, axis });
  },
  Slice: (call) => {
    const x = input(call, 'x');
    const { begin, size } = call.attrs as Record<'begin' | 'size', number | number[]>;
    const shaped = { shape: [...x.shape] } as tf.TensorInfo;
    const [from, length] = tf.slice_util.parseSliceParams(shaped, begin, size) as [number[], number[]];
    tf.slice_util.assertParamsValid(shaped, from, length);
    return call.to.slice(x, from, length);
  },
  StridedSlice: stridedSlice,
  Reverse: (call) => {
    const x = input(call, 'x');
    const dims = tf.util.parseAxisParam(call.attrs['dims'] as number[], [...x.shape]).sort((a, b) => a - b);
    return dims.length === 0 ? x : call.to.one('Reverse', [x], { dims });
  },
  PadV2: (call) => {
    const x = input(call, 'x');
    const { before, after } = paddings(call);
    if ([...before, ...after].every((count) => count === 0)) return x;
    return call.to.one('PadV2', [x], { before, after, constantValue: Number(call.attrs['constantValue'] ?? 0) });
  },
  MirrorPad: (call) =>
    call.to.one('MirrorPad', [input(call, 'x')], { ...paddings(call), mode: String(call.attrs['mode']) }),
  // x on the diagonal of a square of its size.
  Diag: (call) => {
    const x = input(call, 'x');
    const size = tf.util.sizeFromShape([...x.shape]);
    const eye = Uint8Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0));
    const mask = call.to.builder.constant(eye, [size, size], 'bool');
    const square = call.to.one('Select', [mask, call.to.reshape(x, [1, size]), call.to.scalar(0, x.dtype)]);
    return call.to.reshape(square, [...x.shape, ...x.shape]);
  },
};
