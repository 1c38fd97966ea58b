// The masks of rng.ts out of integer operators, bit for bit: element i of Bernoulli is maskBits(key)(row rowSize + first + i)
// >= maskThreshold(rate) with key = hash32(stream.dropout, place, seed, step), or as its strides say. Integer products wrap in
// onnxruntime as in Math.imul; it shifts uint32 only.
import { hash32, maskThreshold, stream } from '../../../rng.js';
import { sizeOf } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';
import { firstCounter, type Lowering, type Lowerings, number, range, rowCounters } from './lowering.js';
import { reshape } from './shapes.js';

const columns = 4096;

/** What engines write in different ways; all of it on int32. */
export interface IntegerOperators {
  /** x ^ (x >>> by) */
  fold(onnx: OnnxWriter, x: Name, by: number): Name;
  /** x >= threshold, as bool */
  atLeast(onnx: OnnxWriter, x: Name, threshold: number): Name;
}

const operators: IntegerOperators = {
  fold(onnx, x, by) {
    const bits = onnx.cast(x, 'uint32');
    const shift = onnx.op('BitShift', [bits, onnx.scalar(by, 'uint32')], { direction: 'RIGHT' });
    return onnx.cast(onnx.op('BitwiseXor', [bits, shift]), 'int32');
  },
  atLeast: (onnx, x, threshold) => onnx.op('GreaterOrEqual', [x, onnx.scalar(threshold, 'int32')]),
};

/** mix32 without its last fold; int32 in and out. */
function mixUpper(onnx: OnnxWriter, { fold }: IntegerOperators, value: Name): Name {
  const times = (x: Name, factor: number) => onnx.op('Mul', [x, onnx.scalar(factor | 0, 'int32')]);
  return times(fold(onnx, times(fold(onnx, value, 16), 0x7feb352d), 15), 0x846ca68b);
}

/** mix32; int32 in and out. */
function mix(onnx: OnnxWriter, ops: IntegerOperators, value: Name): Name {
  return ops.fold(onnx, mixUpper(onnx, ops, value), 16);
}

/** int32 counters, modulo 2^32. */
function counters(onnx: OnnxWriter, values: readonly number[], shape: readonly number[]): Name {
  return onnx.constant(new Uint8Array(Int32Array.from(values, (value) => value | 0).buffer), 'int32', shape);
}

/** Bernoulli by an engine's operators. */
export const bernoulliBy =
  (ops: IntegerOperators): Lowering =>
  (onnx, [seed, step, row], node) => {
    const { shape } = node.outputs[0]!;
    const size = sizeOf(shape);
    const prefix = onnx.scalar(hash32(stream.dropout, number(node, 'place')) | 0, 'int32');
    const absorb = (key: Name, word: Name) => mix(onnx, ops, onnx.op('BitwiseXor', [key, word]));
    const key = absorb(absorb(prefix, seed!), step!);
    const stride = onnx.op('BitwiseOr', [mix(onnx, ops, key), onnx.scalar(1, 'int32')]);
    // A counter is row * columns + column: two short progressions instead of one as long as the result.
    const starts = rowCounters(node);
    const width = starts ? shape.at(-1)! : Math.min(columns, size);
    const height = starts?.length ?? (width === 0 ? 0 : Math.ceil(size / width));
    const first = firstCounter(node);
    const firsts = (starts ?? range(height).map((row) => row * width)).map((start) => first + start);
    const before = row && onnx.op('Mul', [row, onnx.scalar(number(node, 'rowSize') | 0, 'int32')]);
    const origin = before ? onnx.op('Add', [onnx.op('Mul', [before, stride]), key]) : key;
    const rows = onnx.op('Add', [onnx.op('Mul', [counters(onnx, firsts, [height, 1]), stride]), origin]);
    const along = onnx.op('Mul', [counters(onnx, range(width), [1, width]), stride]);
    const bits = mixUpper(onnx, ops, onnx.op('Add', [rows, along]));
    const kept = ops.atLeast(onnx, bits, maskThreshold(number(node, 'rate')));
    if (height * width === size) return [reshape(onnx, kept, shape)];
    const flat = reshape(onnx, kept, [height * width]);
    return [reshape(onnx, onnx.op('Slice', [flat, onnx.int64s([0]), onnx.int64s([size]), onnx.int64s([0])]), shape)];
  };

export const random: Lowerings = { Bernoulli: bernoulliBy(operators) };
