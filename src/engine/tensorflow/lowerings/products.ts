// Matrix products.
import type { GraphWriter, Ref } from '../writer.js';
import { flag, type Lowering, type Lowerings } from './lowering.js';

export interface Product {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** a b, of matrices or batches of them, either transposed. */
export function matrixProduct(
  tf: GraphWriter,
  [a, b]: readonly [Ref, Ref],
  ranks: readonly [number, number],
  { transposeA = false, transposeB = false }: Product,
): Ref {
  if (tf.manner.precision === 'bf16') return halfProduct(tf, a, b, { transposeA, transposeB });
  if (ranks.every((rank) => rank === 2))
    return tf.op('MatMul', [a, b], { transpose_a: transposeA, transpose_b: transposeB });
  return tf.op('BatchMatMulV2', [a, b], { adj_x: transposeA, adj_y: transposeB });
}

/** Operands rounded to bfloat16, sums in float32. Plain graphs know no such product: theirs rounds the result too. */
function halfProduct(tf: GraphWriter, a: Ref, b: Ref, { transposeA, transposeB }: Product): Ref {
  const operands = [a, b].map((x) => tf.cast(x, 'float32', 'bfloat16'));
  const turns = { adj_x: transposeA === true, adj_y: transposeB === true };
  if (tf.manner.mode === 'xla') return tf.op('BatchMatMulV3', operands, { ...turns, Tout: { type: 'float32' } });
  return tf.cast(tf.op('BatchMatMulV2', operands, turns), 'bfloat16', 'float32');
}

const batchMatMul: Lowering = (tf, inputs, node) => {
  const ranks = node.inputs.map(({ shape }) => shape.length) as [number, number];
  const product = { transposeA: flag(node, 'transposeA'), transposeB: flag(node, 'transposeB') };
  return [matrixProduct(tf, inputs as [Ref, Ref], ranks, product)];
};

/** TensorFlow computes products of at most two: more are joined one after the other. */
const einsum: Lowering = (tf, inputs, node) => {
  const [left, result] = (node.attributes['equation'] as string).split('->') as [string, string];
  const terms = left.split(',');
  let joined = { ref: inputs[0]!, term: terms[0]! };
  for (let i = 1; i < terms.length; i++) {
    const last = i === terms.length - 1;
    const needed = new Set([...result, ...terms.slice(i + 1).join('')]);
    const letters = [...new Set(joined.term + terms[i]!)].filter((letter) => needed.has(letter)).join('');
    const term = last ? result : letters;
    const equation = `${joined.term},${terms[i]}->${term}`;
    joined = { ref: tf.op('Einsum', [[joined.ref, inputs[i]!]], { equation }), term };
  }
  return terms.length === 1 ? [tf.op('Einsum', [[joined.ref]], { equation: `${left}->${result}` })] : [joined.ref];
};

export const products: Lowerings = { BatchMatMul: batchMatMul, Einsum: einsum };
