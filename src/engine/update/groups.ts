// Arrays that can be updated together. Knows no engine.
import { type OptimizedArray, type Optimizer, scalarGroup, type UpdateRule } from '../../optimizer/index.js';

/** Arrays with one rule and one set of scalars, in the given order. */
export interface ArrayGroup<A extends OptimizedArray = OptimizedArray> {
  readonly rule: UpdateRule;
  readonly arrays: readonly A[];
}

export function groupsOf<A extends OptimizedArray>(arrays: readonly A[], optimizer: Optimizer): ArrayGroup<A>[] {
  const groups = new Map<string, { rule: UpdateRule; arrays: A[] }>();
  for (const array of arrays) {
    const rule = optimizer.ruleFor(array);
    const key = scalarGroup(rule, array);
    const group = groups.get(key) ?? { rule, arrays: [] };
    group.arrays.push(array);
    groups.set(key, group);
  }
  return [...groups.values()];
}
