// Matrix products.
import { booleanOf, broadcast, demand, mismatch, stringOf } from '../shapes.js';
import { ab, type Operation } from './operation.js';

export const productOperations: Record<string, Operation> = {
  BatchMatMul: {
    inputs: ab,
    attributes: { transposeA: 'boolean', transposeB: 'boolean' },
    note: '[..., M, K] x [..., K, N] -> [..., M, N], leading axes broadcast; ranks of 2 or more',
    infer: ([a, b], attributes) => {
      demand([a!, b!], 'float32');
      if (a!.shape.length < 2 || b!.shape.length < 2) throw mismatch(`ranks are [${a!.shape}] and [${b!.shape}]`);
      const [m, k] = lastTwo(a!.shape, booleanOf(attributes, 'transposeA'));
      const [k2, n] = lastTwo(b!.shape, booleanOf(attributes, 'transposeB'));
      if (k !== k2) throw mismatch(`inner sizes ${k} and ${k2} differ ([${a!.shape}] x [${b!.shape}])`);
      return [{ shape: [...broadcast(a!.shape.slice(0, -2), b!.shape.slice(0, -2)), m, n], dtype: 'float32' }];
    },
  },
  Einsum: {
    inputs: 'list',
    attributes: { equation: 'explicit, without blanks: ij,jk->ik' },
    infer: (inputs, attributes) => {
      demand(inputs, 'float32');
      const [left, right] = stringOf(attributes, 'equation').split('->');
      const sizes = new Map<string, number>();
      left!.split(',').forEach((term, i) => {
        if (term.length !== inputs[i]?.shape.length) throw mismatch(`term ${term} for shape [${inputs[i]?.shape}]`);
        [...term].forEach((letter, axis) => {
          const size = inputs[i]!.shape[axis]!;
          if ((sizes.get(letter) ?? size) !== size) throw mismatch(`sizes of ${letter} differ`);
          sizes.set(letter, size);
        });
      });
      return [{ shape: [...right!].map((letter) => sizes.get(letter)!), dtype: 'float32' }];
    },
  },
};

function lastTwo(shape: readonly number[], transposed: boolean): [number, number] {
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [columns, rows] : [rows, columns];
}
