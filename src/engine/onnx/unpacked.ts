// Matrices in 8 or 4 bits as float32 numbers inside a model. A frozen matrix is unpacked right before each use and freed after it, so
// that gradients go through it to what it is multiplied with, and one matrix at a time is there in float32 (the idea of QLoRA, Dettmers
// et al. 2023, arXiv:2305.14314).
import { blockSize, blocksOf, type OutputAxis, type QuantizedMatrix } from '../../quantization/index.js';
import type { Node, Value } from '../../trace/graph.js';
import { fenced, type Shaped, zeroAfter } from './lowerings/fence.js';
import { flag, type Lowering } from './lowerings/lowering.js';
import { reshape } from './lowerings/shapes.js';
import type { Name, OnnxWriter } from './writer.js';

export interface PackedMatrix {
  readonly name: string;
  readonly matrix: QuantizedMatrix;
  readonly outputAxis: OutputAxis;
  /** Whether it is a constant of the model; else an input. */
  readonly compiledIn: boolean;
}

/** Codes in the shape that is asked for, scales [rows, blocks]. */
export function codesAndScales(
  onnx: OnnxWriter,
  { name, matrix, compiledIn }: PackedMatrix,
  shape: readonly number[],
): readonly [codes: Name, scales: Name] {
  const { rows, columns, codes, scales } = matrix;
  const put = (part: string, data: Uint8Array | Float32Array, as: readonly number[]) =>
    compiledIn ? onnx.reference(`${name} ${part}`, data, as) : onnx.input(`${name} ${part}`, data, as);
  return [put('codes', codes, shape), put('scales', scales, [rows, blocksOf(columns)])];
}

/** Rows of a table of 8 bits by number, as float32. */
export function rowsOf(onnx: OnnxWriter, packed: PackedMatrix, ids: Name, count: number): Name {
  const { rows, columns } = packed.matrix;
  const blocks = blocksOf(columns);
  const tables = codesAndScales(onnx, packed, [rows, blocks, blockSize]);
  const [codes, scales] = tables.map((table) => onnx.op('Gather', [table, ids], { axis: 0 }));
  return scaled(onnx, centred(onnx, codes!), scales!, [count, columns]);
}

/**
 * Writes all of a matrix as float32 numbers, [rows, columns].
 * @param after what must be known before: without it all matrices could be unpacked first, and those that are used twice kept
 */
export type Unpack = (onnx: OnnxWriter, packed: PackedMatrix, after?: Shaped) => Name;

/** By onnxruntime's operator for 8 bits, in one pass. */
export const unpackByOperator: Unpack = (onnx, packed, after) => {
  const { bits, rows, columns } = packed.matrix;
  const blocks = blocksOf(columns);
  const shape = [rows, (blocks * blockSize * bits) / 8];
  const [codes, scales] = codesAndScales(onnx, packed, [rows, blocks, (blockSize * bits) / 8]);
  const ready = after ? fenced(onnx, codes, shape, after) : codes;
  if (bits === 4) return scaled(onnx, halves(onnx, ready), scales, [rows, columns]);
  const middle = onnx.sharedConstant(`middle ${rows} ${blocks}`, new Uint8Array(rows * blocks).fill(128), [
    rows,
    blocks,
  ]);
  const operands = [reshape(onnx, ready, shape), scales, middle];
  return cut(onnx, onnx.op21('DequantizeLinear', operands, { axis: 1, block_size: blockSize }), [rows, columns]);
};

let uses = 0;

/**
 * By arithmetic, which a compiler fuses. It merges equal conversions, which would then be kept from one use to the next; codes of
 * another rank are not equal.
 */
export const unpackByArithmetic: Unpack = (onnx, packed, after) => {
  const { bits, rows, columns } = packed.matrix;
  const shape = [rows, blocksOf(columns), (blockSize * bits) / 8];
  const [codes, scales] = codesAndScales(onnx, packed, shape);
  const apart = reshape(onnx, codes, [...Array(after ? uses++ % 4 : 0).fill(1), ...shape]);
  const ready = after ? onnx.op('Add', [scales, zeroAfter(onnx, after)]) : scales;
  return scaled(onnx, bits === 8 ? centred(onnx, apart) : halves(onnx, apart), ready, [rows, columns]);
};

/** Codes of 8 bits to [.., 64] numbers around zero. */
function centred(onnx: OnnxWriter, codes: Name): Name {
  return onnx.op('Sub', [onnx.cast(codes, 'float32'), onnx.scalar(128)]);
}

/** Bytes of two codes, [.., 32], to [.., 32, 2] numbers around zero: by a table of all bytes. */
function halves(onnx: OnnxWriter, codes: Name): Name {
  const pairs = Float32Array.from({ length: 512 }, (_, i) => (((i >> 1) >> (4 * (i & 1))) % 16) - 8);
  return onnx.op('Gather', [onnx.sharedConstant('halves of bytes', pairs, [256, 2]), onnx.cast(codes, 'int32')], {
    axis: 0,
  });
}

/** Blocks of numbers times their scales, without what fills up the last block: [count, columns]. */
function scaled(onnx: OnnxWriter, numbers: Name, scales: Name, [count, columns]: readonly [number, number]): Name {
  const blocks = blocksOf(columns);
  const whole = reshape(onnx, numbers, [count, blocks, blockSize]);
  const values = onnx.op('Mul', [whole, reshape(onnx, scales, [count, blocks, 1])]);
  return cut(onnx, reshape(onnx, values, [count, blocks * blockSize]), [count, columns]);
}

/** The first columns of whole blocks. */
function cut(onnx: OnnxWriter, padded: Name, [, columns]: readonly [number, number]): Name {
  if (columns % blockSize === 0) return padded;
  return onnx.op('Slice', [padded, onnx.int64s([0]), onnx.int64s([columns]), onnx.int64s([1])]);
}

export interface Writing {
  readonly nameOf: (value: Value) => Name;
  /** Of float32 operands. */
  readonly lowering: Lowering;
  readonly unpack: Unpack;
}

/** Writes a node that reads packed matrices as one that reads float32 ones. */
export function withUnpacked(
  onnx: OnnxWriter,
  node: Node,
  packed: readonly (PackedMatrix | undefined)[],
  { nameOf, lowering, unpack }: Writing,
): readonly Name[] {
  const other = node.inputs.find((_, i) => !packed[i]);
  const after = other && { name: nameOf(other), shape: other.shape };
  const flags = ['transposeA', 'transposeB'] as const;
  const isProduct = node.op === 'BatchMatMul';
  const attributes = { ...node.attributes };
  const inputs = node.inputs.map((input, i) => {
    const matrix = packed[i];
    if (!matrix) return nameOf(input);
    const rows = unpack(onnx, matrix, after); // [outputs, inputs]
    if (matrix.outputAxis === 0) return rows;
    if (!isProduct) return onnx.op('Transpose', [rows], { perm: [1, 0] });
    attributes[flags[i]!] = flag(node, flags[i]!) === 0; // the product turns it
    return rows;
  });
  return lowering(onnx, inputs, { ...node, attributes });
}
