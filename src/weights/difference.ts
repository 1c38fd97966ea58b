// How far two versions of a tensor are from each other.

export interface Sums {
  /** Of squares: of both, and of their difference. */
  readonly before: number;
  readonly after: number;
  readonly difference: number;
  /** Of products. */
  readonly product: number;
}

export interface Difference {
  /** Norm of the difference / norm of the first; 0: equal. Infinity where the first is zero and the other is not. */
  readonly relative: number;
  /** Between the two, as vectors: 1 where one is a positive multiple of the other. NaN where one is zero. */
  readonly cosine: number;
}

/** Over the numbers that both have: rows of a table that has grown come last. */
export function compareTensors(before: Float32Array, after: Float32Array): Sums {
  const sums = { before: 0, after: 0, difference: 0, product: 0 };
  for (let i = 0; i < Math.min(before.length, after.length); i++) {
    const [a, b] = [before[i]!, after[i]!];
    sums.before += a * a;
    sums.after += b * b;
    sums.difference += (a - b) ** 2;
    sums.product += a * b;
  }
  return sums;
}

export function addSums(a: Sums, b: Sums): Sums {
  return {
    before: a.before + b.before,
    after: a.after + b.after,
    difference: a.difference + b.difference,
    product: a.product + b.product,
  };
}

export function differenceOf({ before, after, difference, product }: Sums): Difference {
  const relative = difference === 0 ? 0 : Math.sqrt(difference / before);
  return { relative, cosine: product / Math.sqrt(before * after) };
}
