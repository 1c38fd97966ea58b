// The passes: each takes a graph and gives one that computes the same. `optimize` runs them until nothing changes.
import type { Graph } from '../graph.js';
import { shareCommonSubexpressions } from './common-subexpressions.js';
import { removeDeadCode } from './dead-code.js';
import { foldConstants } from './fold-constants.js';
import { forwardFromGradient } from './forward-from-gradient.js';
import { inlineComposites } from './inline-composites.js';
import { rewrite } from './rewrite.js';
import { simplify } from './simplify.js';
import { transposeIntoMatMul } from './transpose-into-matmul.js';

export type { GraphRewriter } from './rewrite.js';
export {
  foldConstants,
  forwardFromGradient,
  inlineComposites,
  removeDeadCode,
  rewrite,
  shareCommonSubexpressions,
  simplify,
  transposeIntoMatMul,
};

/** Far more than any graph has needed; a guard against two rules that undo each other. */
const mostRounds = 30;

/**
 * Improves a graph without changing what it computes.
 * @param options.keep which composites stay whole, by operation; by default all of them
 */
export function optimize(graph: Graph, options: { keep?: (op: string) => boolean } = {}): Graph {
  let current = inlineComposites(forwardFromGradient(graph), options.keep ?? (() => true));
  for (let round = 0; round < mostRounds; round++) {
    const before = current;
    for (const pass of [simplify, foldConstants, transposeIntoMatMul, shareCommonSubexpressions, removeDeadCode])
      current = pass(current);
    if (current === before) break;
  }
  return current;
}
