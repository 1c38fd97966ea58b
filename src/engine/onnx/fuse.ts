// Rewrites that only onnxruntime needs, after the general passes: nodes that it does better together than apart.
import type { Graph, Node, Value } from '../../trace/graph.js';
import { removeDeadCode, rewrite } from '../../trace/index.js';

/**
 * Add(EmbeddingGrad(dy, ids), other) becomes AddRows(other, dy, ids): with tied embeddings both sides have a row for
 * every token of the vocabulary, and scattering into the other one spares a table of zeros and a sum.
 */
export function scatterIntoSum(graph: Graph): Graph {
  const fused = rewrite(graph, () => ({
    visit(node, inputs, { builder, usesOf }) {
      if (node.op !== 'Add') return undefined;
      const isScatter = (side: number) => {
        const producer: Node | undefined = builder.producerOf(inputs[side]!);
        return producer?.op === 'EmbeddingGrad' && usesOf(node.inputs[side]!) === 1;
      };
      const side = [0, 1].find(isScatter);
      if (side === undefined) return undefined;
      const other: Value = inputs[1 - side]!;
      const [dy, ids] = builder.producerOf(inputs[side]!)!.inputs;
      if (other.shape.join() !== node.outputs[0]!.shape.join()) return undefined;
      return builder.add('AddRows', [other, dy!, ids!], {}, node.outputs);
    },
  }));
  return fused === graph ? graph : removeDeadCode(fused);
}

/** Gelu(x) becomes GeluShared(x) where GeluGrad(dy, x) is there as well: the two have most of their work in common. */
export function shareGelu(graph: Graph): Graph {
  const differentiated = new Set(graph.nodes.filter(({ op }) => op === 'GeluGrad').map(({ inputs }) => inputs[1]!.id));
  return rewrite(graph, {
    visit(node, inputs, { builder }) {
      if (node.op !== 'Gelu' || !differentiated.has(node.inputs[0]!.id)) return undefined;
      return builder.add('GeluShared', inputs, {}, node.outputs);
    },
  });
}

/**
 * BatchMatMul(a, b) with a transposed becomes BatchMatMul(Turned(a), b) where that is faster: the product turns a by itself, but
 * number by number and once for each 128 columns of b. Where a is wide and b is narrow, that is still cheaper.
 */
export function turnFirst(graph: Graph): Graph {
  return rewrite(graph, {
    visit(node, inputs, { builder }) {
      const { transposeA, transposeB } = node.attributes;
      if (node.op !== 'BatchMatMul' || !transposeA || transposeB) return undefined;
      const [rows, columns, ...more] = node.outputs[0]!.shape as [number, number];
      if (more.length > 0 || columns < 128 || columns < Math.min(rows, 512)) return undefined;
      const { shape, dtype } = node.inputs[0]!;
      const [turned] = builder.add('Turned', [inputs[0]!], {}, [{ shape: [...shape].reverse(), dtype }]);
      return builder.add('BatchMatMul', [turned!, inputs[1]!], { ...node.attributes, transposeA: false }, node.outputs);
    },
  });
}
