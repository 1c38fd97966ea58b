// L-BFGS (Nocedal 1980; Nocedal and Wright 2006, algorithm 7.4) with a backtracking line search, for smooth convex functions.

/** Returns the value at `x` and writes the gradient at `x`. */
export type Objective = (x: Float64Array, gradient: Float64Array) => number;

interface Correction {
  readonly step: Float64Array;
  readonly change: Float64Array;
  /** step . change, above 0. */
  readonly product: number;
}

const memory = 10;
const mostHalvings = 30;

const dot = (a: Float64Array, b: Float64Array) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
};

function addScaled(to: Float64Array, by: number, from: Float64Array): void {
  for (let i = 0; i < to.length; i++) to[i]! += by * from[i]!;
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** The negative gradient times the estimated inverse Hessian. */
function directionOf(gradient: Float64Array, corrections: readonly Correction[]): Float64Array {
  const direction = gradient.map((value) => -value);
  const weights = corrections.map(() => 0);
  for (let i = corrections.length - 1; i >= 0; i--) {
    const { step, change, product } = corrections[i]!;
    weights[i] = dot(step, direction) / product;
    addScaled(direction, -weights[i]!, change);
  }
  const last = corrections.at(-1);
  const scale = last
    ? last.product / dot(last.change, last.change)
    : 1 / Math.max(1, Math.sqrt(dot(gradient, gradient)));
  for (let i = 0; i < direction.length; i++) direction[i]! *= scale;
  for (const [i, { step, change, product }] of corrections.entries())
    addScaled(direction, weights[i]! - dot(change, direction) / product, step);
  return direction;
}

/**
 * Moves `x` to a minimum.
 * @param tolerance the largest component that the gradient may have at the end
 * @returns iterations made; `iterations` where the tolerance was not reached
 */
export function minimize(
  objective: Objective,
  x: Float64Array,
  { iterations, tolerance }: { readonly iterations: number; readonly tolerance: number },
): number {
  let gradient = new Float64Array(x.length);
  let value = objective(x, gradient);
  const corrections: Correction[] = [];
  for (let made = 0; made < iterations; made++) {
    if (largest(gradient) <= tolerance) return made;
    const direction = directionOf(gradient, corrections);
    const slope = dot(gradient, direction);
    const next = new Float64Array(x.length);
    const nextGradient = new Float64Array(x.length);
    let length = 1;
    let reached = Number.POSITIVE_INFINITY;
    for (let halving = 0; halving < mostHalvings; halving++, length /= 2) {
      for (let i = 0; i < x.length; i++) next[i] = x[i]! + length * direction[i]!;
      reached = objective(next, nextGradient);
      if (reached <= value + 1e-4 * length * slope) break; // Armijo's condition
    }
    if (!(reached < value)) return made; // no digit is left
    const step = next.map((to, i) => to - x[i]!);
    const change = nextGradient.map((to, i) => to - gradient[i]!);
    const product = dot(step, change);
    if (product > 1e-12 * dot(change, change)) corrections.push({ step, change, product });
    if (corrections.length > memory) corrections.shift();
    x.set(next);
    gradient = nextGradient;
    value = reached;
  }
  return iterations;
}
