// Tests that need TensorFlow's library: they run where it is, and are skipped where it is not. For tests only.
import { locateTensorflow } from '../locate.js';

export const hasTensorflow = locateTensorflow() !== undefined;

/** `describe`, or a skipped one with a mark: `test/skipped.cjs` says once that there is no TensorFlow. */
export function withTensorflow(name: string, tests: () => void): void {
  if (hasTensorflow) describe(name, tests);
  else describe.skip(`${name} (no TensorFlow)`, tests);
}
