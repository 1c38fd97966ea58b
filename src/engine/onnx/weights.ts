// Weights that are no float32 inputs of a model. Where nothing is trained they are constants: packed once for the products instead
// of at each call, and in 8 or 4 bits multiplied as they are (MatMulNBits). Frozen ones of a model that is trained stay inputs and
// are unpacked before each use (unpacked.ts).
import { blockSize, blocksOf, dequantize } from '../../quantization/index.js';
import type { Node, Value } from '../../trace/graph.js';
import type { ProgramWeight } from '../host-weights.js';
import { flag } from './lowerings/lowering.js';
import { codesAndScales, type PackedMatrix, rowsOf, type Unpack, type Writing, withUnpacked } from './unpacked.js';
import { microsoft, type Name, type OnnxWriter } from './writer.js';

interface Held extends ProgramWeight {
  readonly name: string;
}

/** By the ids of a graph's values. */
export type HeldWeights = ReadonlyMap<Value['id'], Held>;

/** Rounds activations to 8 bits for the products with such weights: the kernels with integer dot products. */
const accuracyLevel = 4;

/** A weight as float32 numbers. */
export function floatWeight(onnx: OnnxWriter, { shape }: Value, held: Held, unpack: Unpack): Name {
  const { name, weight, compiledIn } = held;
  if ('values' in weight) return onnx.reference(name, weight.values, shape);
  if (compiledIn) return onnx.reference(name, dequantize(weight.matrix, weight.outputAxis), shape);
  const rows = unpack(onnx, { ...weight, name, compiledIn });
  return weight.outputAxis === 0 ? rows : onnx.op('Transpose', [rows], { perm: [1, 0] });
}

/** Writes a node, with what computes with a weight as it is kept in 8 or 4 bits where there is such an operator. */
export function lowerQuantized(onnx: OnnxWriter, node: Node, held: HeldWeights, writing: Writing): readonly Name[] {
  const { nameOf, lowering } = writing;
  const packed = node.inputs.map(({ id }): PackedMatrix | undefined => {
    const found = held.get(id);
    return found && 'matrix' in found.weight ? { ...found.weight, ...found } : undefined;
  });
  const [table, right] = packed;
  if (node.op === 'Embedding' && table?.outputAxis === 0 && table.matrix.bits === 8)
    return [rowsOf(onnx, table, nameOf(node.inputs[1]!), node.inputs[1]!.shape[0]!)];
  if (packed.some((matrix) => matrix && !matrix.compiledIn)) return withUnpacked(onnx, node, packed, writing);
  const fits =
    node.op === 'BatchMatMul' && right && node.inputs[0]!.shape.length === 2 && flag(node, 'transposeA') === 0;
  if (fits && flag(node, 'transposeB') === 1 - right.outputAxis) return [product(onnx, right, nameOf(node.inputs[0]!))];
  return lowering(onnx, node.inputs.map(nameOf), node);
}

/** [N, in] to [N, out]. */
function product(onnx: OnnxWriter, packed: PackedMatrix, x: Name): Name {
  const { bits, rows, columns } = packed.matrix;
  const sizes = { K: columns, N: rows, bits, block_size: blockSize, accuracy_level: accuracyLevel };
  const shape = [rows, blocksOf(columns), (blockSize * bits) / 8];
  return onnx.op('MatMulNBits', [x, ...codesAndScales(onnx, packed, shape)], sizes, microsoft);
}
