// Eigenvalues of a symmetric tridiagonal matrix by bisection (Givens 1954): a count of signs says how many lie below a number.

/**
 * The `count` largest eigenvalues, in descending order, to the last bits of the largest.
 * @param diagonal [n]
 * @param beside [n - 1], the entries above and below the diagonal
 */
export function largestEigenvalues(diagonal: readonly number[], beside: readonly number[], count: number): number[] {
  const n = diagonal.length;
  const reach = diagonal.map((value, i) => [value, Math.abs(beside[i - 1] ?? 0) + Math.abs(beside[i] ?? 0)] as const);
  const low = Math.min(...reach.map(([value, radius]) => value - radius)); // Gershgorin's circles
  const high = Math.max(...reach.map(([value, radius]) => value + radius));
  return Array.from({ length: Math.min(count, n) }, (_, i) => eigenvalue(diagonal, beside, n - 1 - i, low, high));
}

/** The one with `index` smaller ones. */
function eigenvalue(
  diagonal: readonly number[],
  beside: readonly number[],
  index: number,
  from: number,
  to: number,
): number {
  let low = from;
  let high = to;
  for (let round = 0; round < 100; round++) {
    const middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    if (countBelow(diagonal, beside, middle) > index) high = middle;
    else low = middle;
  }
  return low + (high - low) / 2;
}

/** Eigenvalues below x: negative pivots of T - x I. */
function countBelow(diagonal: readonly number[], beside: readonly number[], x: number): number {
  let count = 0;
  let pivot = 1;
  for (let i = 0; i < diagonal.length; i++) {
    const off = i === 0 ? 0 : beside[i - 1]!;
    pivot = diagonal[i]! - x - (off * off) / pivot;
    if (pivot === 0) pivot = -Number.MIN_VALUE * 2 ** 100;
    if (pivot < 0) count++;
  }
  return count;
}
