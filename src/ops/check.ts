// Shape and dtype checks of the operations. A wrong one is a bug of the caller, so it is a plain Error.
import type { DType } from '../trace/graph.js';

interface Shaped {
  readonly shape: readonly number[];
  readonly dtype: string;
}

/**
 * @param shape what is expected; an undefined length stands for any length, an undefined shape for any shape
 * @throws Error that names the operation, the argument, and both shapes
 */
export function check(
  where: string,
  tensor: Shaped,
  shape?: readonly (number | undefined)[],
  dtype: DType = 'float32',
): void {
  const fits =
    !shape || (tensor.shape.length === shape.length && shape.every((n, i) => n === undefined || n === tensor.shape[i]));
  if (fits && tensor.dtype === dtype) return;
  const expected = `${dtype} [${shape?.map((length) => length ?? '?').join(', ') ?? '...'}]`;
  throw new Error(`${where} must be ${expected}, is ${tensor.dtype} [${tensor.shape.join(', ')}]`);
}
