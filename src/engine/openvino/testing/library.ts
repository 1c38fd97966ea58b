// Tests that need OpenVINO's library: they run where it is, and are skipped where it is not. For tests only.
import { locateOpenvino } from '../locate.js';

export const hasOpenvino = locateOpenvino() !== undefined;

/** `describe`, or a skipped one with a mark: `test/skipped.cjs` says once that there is no OpenVINO. */
export function withOpenvino(name: string, tests: () => void): void {
  if (hasOpenvino) describe(name, tests);
  else describe.skip(`${name} (no OpenVINO)`, tests);
}
