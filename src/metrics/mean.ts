// A mean and how sure it is.

export interface Mean {
  readonly mean: number;
  /** Standard error: the sample's standard deviation (n - 1) over the square root of n; NaN of a single value. */
  readonly error: number;
}

/** @param values at least one */
export function meanOf(values: readonly number[]): Mean {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1) / count) };
}
