// Inputs that never change as constants of the model: packed once for the products instead of at each call. Those in 8 or 4 bits
// are multiplied as they are (MatMulNBits).
import { blockSize, blocksOf, dequantize, type QuantizedMatrix } from '../../quantization/index.js';
import type { Node, Value } from '../../trace/graph.js';
import type { HostWeight } from '../host-state.js';
import { flag } from './lowerings/lowering.js';
import { reshape } from './lowerings/shapes.js';
import { microsoft, type Name, type OnnxWriter } from './writer.js';

interface Held {
  readonly name: string;
  readonly weight: HostWeight;
}

/** By the ids of a graph's values. */
export type HeldWeights = ReadonlyMap<Value['id'], Held>;

/** Rounds activations to 8 bits for the products with such weights: the kernels with integer dot products. */
const accuracyLevel = 4;

/** A weight as float32 numbers. */
export function constantWeight(onnx: OnnxWriter, { shape }: Value, { name, weight }: Held): Name {
  const values = 'values' in weight ? weight.values : dequantize(weight.matrix, weight.outputAxis);
  return onnx.reference(name, values, shape);
}

/** Writes what computes with a weight as it is kept in 8 or 4 bits; undefined for a node that does not, or cannot. */
export function lowerQuantized(
  onnx: OnnxWriter,
  node: Node,
  held: HeldWeights,
  nameOf: (value: Value) => Name,
): readonly Name[] | undefined {
  const matrixAt = (input: number) => {
    const found = held.get(node.inputs[input]?.id ?? -1);
    return found && 'matrix' in found.weight ? { name: found.name, ...found.weight } : undefined;
  };
  const table = node.op === 'Embedding' ? matrixAt(0) : undefined;
  if (table?.outputAxis === 0 && table.matrix.bits === 8)
    return [rowsOf(onnx, table, nameOf(node.inputs[1]!), node.inputs[1]!.shape[0]!)];
  const right = node.op === 'BatchMatMul' ? matrixAt(1) : undefined;
  const fits = right && node.inputs[0]!.shape.length === 2 && flag(node, 'transposeA') === 0;
  if (!fits || flag(node, 'transposeB') !== 1 - right.outputAxis) return undefined;
  return [product(onnx, right, nameOf(node.inputs[0]!))];
}

interface NamedMatrix {
  readonly name: string;
  readonly matrix: QuantizedMatrix;
}

/** Codes [rows, blocks, bytes] and scales [rows, blocks]. */
function operands(onnx: OnnxWriter, { name, matrix }: NamedMatrix): readonly [Name, Name] {
  const { bits, rows, columns, codes, scales } = matrix;
  const blocks = blocksOf(columns);
  return [
    onnx.reference(`${name} codes`, codes, [rows, blocks, (blockSize * bits) / 8]),
    onnx.reference(`${name} scales`, scales, [rows, blocks]),
  ];
}

/** [N, in] to [N, out]. */
function product(onnx: OnnxWriter, named: NamedMatrix, x: Name): Name {
  const { bits, rows, columns } = named.matrix;
  const sizes = { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: accuracyLevel };
  return onnx.op('MatMulNBits', [x, ...operands(onnx, named)], sizes, microsoft);
}

/** Rows of a table of 8 bits by number, as float32. */
function rowsOf(onnx: OnnxWriter, named: NamedMatrix, ids: Name, count: number): Name {
  const { columns } = named.matrix;
  const blocks = blocksOf(columns);
  const [codes, scales] = operands(onnx, named).map((table) => onnx.op('Gather', [table, ids], { axis: 0 }));
  const centred = onnx.op('Sub', [onnx.cast(codes!, 'float32'), onnx.scalar(128)]); // [N, blocks, 64]
  const values = onnx.op('Mul', [centred, reshape(onnx, scales!, [count, blocks, 1])]);
  const padded = reshape(onnx, values, [count, blocks * blockSize]);
  if (columns === blocks * blockSize) return padded;
  return onnx.op('Slice', [padded, onnx.int64s([0]), onnx.int64s([columns]), onnx.int64s([1])]);
}
