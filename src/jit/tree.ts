// Tensors in arrays and objects, nested as one likes. Knows only what a leaf is.
import { GptError } from '../errors.js';

/** Calls `visit` for every leaf in order, with its path; gives the same structure of the results. Null and undefined stay. */
export function mapTree(
  tree: unknown,
  path: string,
  isLeaf: (node: unknown) => boolean,
  visit: (leaf: unknown, path: string) => unknown,
): unknown {
  if (isLeaf(tree)) return visit(tree, path);
  if (tree === undefined || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((child, i) => mapTree(child, `${path}[${i}]`, isLeaf, visit));
  if (isPlainObject(tree))
    return Object.fromEntries(
      Object.entries(tree).map(([key, child]) => [key, mapTree(child, `${path}.${key}`, isLeaf, visit)]),
    );
  throw new GptError('jit/tree', `${path} is ${describe(tree)}`, {
    hint: 'inputs and outputs are tensors, or arrays and plain objects of tensors',
  });
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return `an object of class ${value.constructor?.name ?? 'none'}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return value === null || value === undefined ? String(value) : `a ${typeof value} (${String(value).slice(0, 40)})`;
}
