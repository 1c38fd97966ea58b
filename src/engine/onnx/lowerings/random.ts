// The counter-based generator of rng.ts out of integer operators, bit for bit: element i of RandomUniform is
// uniformAt(hash32(stream.dropout, place, seed, step), first + i), or as its strides say. Integer products wrap in onnxruntime as in Math.imul.
import { hash32, stream } from '../../../rng.js';
import { sizeOf } from '../../../trace/graph.js';
import type { Name, OnnxWriter } from '../writer.js';
import { firstCounter, type Lowering, type Lowerings, number, range, rowCounters } from './lowering.js';
import { reshape } from './shapes.js';

const golden = 0x9e3779b9;
const columns = 4096;

/** mix32 on int32 values; the result is uint32. */
function mix(onnx: OnnxWriter, value: Name): Name {
  const folded = (x: Name, by: number) =>
    onnx.op('BitwiseXor', [x, onnx.op('BitShift', [x, onnx.scalar(by, 'uint32')], { direction: 'RIGHT' })]);
  const times = (x: Name, factor: number) =>
    onnx.cast(onnx.op('Mul', [onnx.cast(x, 'int32'), onnx.scalar(factor | 0, 'int32')]), 'uint32');
  const first = times(folded(onnx.cast(value, 'uint32'), 16), 0x7feb352d);
  return folded(times(folded(first, 15), 0x846ca68b), 16);
}

/** hash32 going on: mix32(key ^ word), int32 in and out. */
function absorb(onnx: OnnxWriter, key: Name, word: Name): Name {
  return onnx.cast(mix(onnx, onnx.op('BitwiseXor', [key, word])), 'int32');
}

const randomUniform: Lowering = (onnx, [seed, step], node) => {
  const { shape } = node.outputs[0]!;
  const size = sizeOf(shape);
  const prefix = onnx.scalar(hash32(stream.dropout, number(node, 'place')) | 0, 'int32');
  const key = absorb(onnx, absorb(onnx, prefix, seed!), step!);
  // counter * golden + key, the counter being row * columns + column: two short constants instead of one as long as
  // the result. The key is added to the rows first, or the constants would be folded into one.
  const starts = rowCounters(node);
  const width = starts ? shape.at(-1)! : Math.min(columns, size);
  const height = starts?.length ?? (width === 0 ? 0 : Math.ceil(size / width));
  const products = (counters: readonly number[]) =>
    new Uint8Array(Int32Array.from(counters, (counter) => Math.imul(counter, golden)).buffer);
  const first = firstCounter(node);
  const firsts = (starts ?? range(height).map((row) => row * width)).map((start) => first + start);
  const rows = onnx.op('Add', [onnx.constant(products(firsts), 'int32', [height, 1]), key]);
  const counted = onnx.op('Add', [rows, onnx.constant(products(range(width)), 'int32', [1, width])]);
  const bits = mix(onnx, onnx.op('Add', [onnx.cast(mix(onnx, counted), 'int32'), key]));
  const high = onnx.op('BitShift', [bits, onnx.scalar(8, 'uint32')], { direction: 'RIGHT' });
  const uniform = onnx.op('Mul', [onnx.cast(high, 'float32'), onnx.scalar(2 ** -24)]);
  if (height * width === size) return [reshape(onnx, uniform, shape)];
  const flat = reshape(onnx, uniform, [height * width]);
  return [reshape(onnx, onnx.op('Slice', [flat, onnx.int64s([0]), onnx.int64s([size]), onnx.int64s([0])]), shape)];
};

export const random: Lowerings = { RandomUniform: randomUniform };
