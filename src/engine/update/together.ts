// Arrays of one kind that a compiled update takes together: fewer runs for small ones, no more memory for large ones.
import { constantsOf, type OptimizedArray, type OptimizerOptions } from '../../optimizer/index.js';
import { sizeOf } from '../../trace/index.js';
import type { ArrayGroup } from './groups.js';

export interface Together<A extends OptimizedArray = OptimizedArray> {
  /** The same where one compiled update serves both. */
  readonly key: string;
  /** Named by their places: 0, 1, ... */
  readonly group: ArrayGroup;
  readonly arrays: readonly A[];
}

/** Numbers that one update takes at most, unless a single array has more. */
const most = 2 ** 20;

/** The arrays of a group by shape, slots and constants, in parts of at most `most` numbers. */
export function togetherIn<A extends OptimizedArray>(
  { rule, arrays }: ArrayGroup<A>,
  options: OptimizerOptions,
): Together<A>[] {
  const kinds = new Map<string, A[]>();
  for (const array of arrays) {
    const shapes = [array.shape, ...rule.slots(array).map(({ shape }) => shape)];
    const kind = JSON.stringify([rule.op, array.decay, shapes, constantsOf(rule, options, array)]);
    kinds.set(kind, [...(kinds.get(kind) ?? []), array]);
  }
  return [...kinds].flatMap(([kind, alike]) => {
    const count = Math.max(1, Math.floor(most / sizeOf(alike[0]!.shape)));
    const parts = Array.from({ length: Math.ceil(alike.length / count) }, (_, i) =>
      alike.slice(i * count, (i + 1) * count),
    );
    return parts.map((part) => ({
      key: `${part.length} ${kind}`,
      group: { rule, arrays: part.map((array, i) => ({ ...array, name: String(i) })) },
      arrays: part,
    }));
  });
}
