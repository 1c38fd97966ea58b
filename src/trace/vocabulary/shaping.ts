// Operations that move numbers about.
import { GptError } from '../../errors.js';
import type { Attributes, TensorSpec } from '../graph.js';
import { sizeOf } from '../graph.js';
import { broadcast, mismatch, numberOf, numbersOf, replaced, sameShape } from '../shapes.js';
import { keepShape, type Operation, type Specs, x } from './operation.js';

export const shapingOperations: Record<string, Operation> = {
  Reshape: {
    inputs: x,
    attributes: { shape: 'sizes, none of them -1' },
    infer: ([input], a) => {
      const shape = numbersOf(a, 'shape');
      if (sizeOf(shape) !== sizeOf(input!.shape)) throw mismatch(`[${input!.shape}] does not fit [${shape}]`);
      return [{ shape, dtype: input!.dtype }];
    },
  },
  Transpose: {
    inputs: x,
    attributes: { perm: 'axis of the input for each axis of the output' },
    infer: ([input], a) => {
      const perm = numbersOf(a, 'perm');
      if (
        !sameShape(
          [...perm].sort((p, q) => p - q),
          input!.shape.map((_, i) => i),
        )
      )
        throw mismatch(`perm [${perm}] for rank ${input!.shape.length}`);
      return [{ shape: perm.map((axis) => input!.shape[axis]!), dtype: input!.dtype }];
    },
  },
  BroadcastTo: {
    inputs: x,
    attributes: { shape: 'sizes' },
    note: 'of our own: repeats along axes of size 1 and new leading axes',
    infer: ([input], a) => {
      const shape = numbersOf(a, 'shape');
      if (!sameShape(broadcast(input!.shape, shape), shape))
        throw mismatch(`[${input!.shape}] does not broadcast to [${shape}]`);
      return [{ shape, dtype: input!.dtype }];
    },
  },
  Tile: {
    inputs: x,
    attributes: { reps: 'number for each axis' },
    infer: ([input], a) => [
      { shape: input!.shape.map((size, i) => size * numbersOf(a, 'reps')[i]!), dtype: input!.dtype },
    ],
  },
  Concat: {
    inputs: 'list',
    attributes: { axis: 'axis' },
    infer: (inputs, a) => {
      const axis = numberOf(a, 'axis');
      const [first] = inputs;
      for (const { shape, dtype } of inputs) {
        if (dtype !== first!.dtype) throw new GptError('trace/dtype', `mixes ${first!.dtype} and ${dtype}`);
        if (!sameShape(replaced(shape, axis, 0), replaced(first!.shape, axis, 0)))
          throw mismatch(`[${shape}] beside [${first!.shape}] along axis ${axis}`);
      }
      const size = inputs.reduce((sum, input) => sum + input.shape[axis]!, 0);
      return [{ shape: replaced(first!.shape, axis, size), dtype: first!.dtype }];
    },
  },
  SplitV: {
    inputs: x,
    attributes: { numOrSizeSplits: 'sizes along the axis', axis: 'axis' },
    note: 'one output for each size',
    infer: ([input], a) => {
      const axis = numberOf(a, 'axis');
      const sizes = numbersOf(a, 'numOrSizeSplits');
      if (sizes.reduce((sum, size) => sum + size, 0) !== input!.shape[axis])
        throw mismatch(`[${input!.shape}] splits not into [${sizes}] along axis ${axis}`);
      return sizes.map((size) => ({ shape: replaced(input!.shape, axis, size), dtype: input!.dtype }));
    },
  },
  Slice: {
    inputs: x,
    attributes: { begin: 'for each axis', size: 'for each axis' },
    infer: ([input], a) => {
      const begin = numbersOf(a, 'begin');
      const size = numbersOf(a, 'size');
      if (input!.shape.some((length, i) => begin[i]! < 0 || begin[i]! + size[i]! > length))
        throw mismatch(`begin [${begin}] size [${size}] of [${input!.shape}]`);
      return [{ shape: size, dtype: input!.dtype }];
    },
  },
  StridedSlice: {
    inputs: x,
    attributes: { begin: 'for each axis', end: 'for each axis, exclusive', strides: 'for each axis, positive' },
    note: 'no masks; 0 <= begin <= end <= size',
    infer: ([input], a) => {
      const [begin, end, strides] = ['begin', 'end', 'strides'].map((key) => numbersOf(a, key));
      return [
        {
          shape: input!.shape.map((_, i) => Math.ceil((end![i]! - begin![i]!) / strides![i]!)),
          dtype: input!.dtype,
        },
      ];
    },
  },
  Reverse: { inputs: x, attributes: { dims: 'axes' }, infer: keepShape(['float32', 'int32', 'bool']) },
  PadV2: {
    inputs: x,
    attributes: { before: 'for each axis', after: 'for each axis', constantValue: 'number' },
    infer: padded,
  },
  MirrorPad: {
    inputs: x,
    attributes: { before: 'for each axis', after: 'for each axis', mode: 'reflect | symmetric' },
    infer: padded,
  },
};

function padded([input]: Specs, attributes: Attributes): TensorSpec[] {
  const before = numbersOf(attributes, 'before');
  const after = numbersOf(attributes, 'after');
  return [{ shape: input!.shape.map((size, i) => before[i]! + size + after[i]!), dtype: input!.dtype }];
}
