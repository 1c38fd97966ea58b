// Turns a transposition of the last two axes beside a matrix product into the product's own flags.
import type { Graph, Value } from '../graph.js';
import { booleanOf, numbersOf } from '../shapes.js';
import { type GraphRewriter, rewrite } from './rewrite.js';

export function transposeIntoMatMul(graph: Graph): Graph {
  return rewrite(graph, {
    visit: (node, inputs, rewriter) => {
      if (node.op === 'BatchMatMul') {
        const [a, b] = inputs.map((input) => swapped(input, rewriter));
        if (!a && !b) return undefined;
        return rewriter.to.all('BatchMatMul', [a ?? inputs[0]!, b ?? inputs[1]!], {
          transposeA: booleanOf(node.attributes, 'transposeA') !== Boolean(a),
          transposeB: booleanOf(node.attributes, 'transposeB') !== Boolean(b),
        });
      }
      // (AB)' = B'A', where the product is used nowhere else.
      if (node.op !== 'Transpose' || !swapsLastTwo(numbersOf(node.attributes, 'perm'))) return undefined;
      const product = rewriter.builder.producerOf(inputs[0]!);
      if (product?.op !== 'BatchMatMul' || rewriter.usesOf(node.inputs[0]!) > 1) return undefined;
      const [a, b] = product.inputs as [Value, Value];
      return rewriter.to.all('BatchMatMul', [b, a], {
        transposeA: !booleanOf(product.attributes, 'transposeB'),
        transposeB: !booleanOf(product.attributes, 'transposeA'),
      });
    },
  });
}

/** What a transposition of the last two axes was applied to. */
function swapped(value: Value, { builder }: GraphRewriter): Value | undefined {
  const node = builder.producerOf(value);
  return node?.op === 'Transpose' && swapsLastTwo(numbersOf(node.attributes, 'perm')) ? node.inputs[0] : undefined;
}

function swapsLastTwo(perm: readonly number[]): boolean {
  const last = perm.length - 1;
  return last > 0 && perm.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i));
}
