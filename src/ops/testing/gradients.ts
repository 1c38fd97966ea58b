// For tests: seeded tensors, and the gradients of an operation found in three ways. Not part of the program.
import { Random } from '../../rng.js';
import * as tf from '../../tf.js';

type Tensor = tf.Tensor;

/** Standard normal values that depend on the words alone. */
export function normal(shape: number[], ...words: number[]): Tensor {
  const random = new Random(...words);
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** The largest difference, relative to the larger of 1 and the second's largest magnitude. */
export function difference(actual: Tensor, expected: Tensor): number {
  expect(actual.shape).toEqual(expected.shape);
  const a = actual.dataSync<'float32'>();
  const b = expected.dataSync<'float32'>();
  let most = 0;
  let magnitude = 1;
  for (let i = 0; i < b.length; i++) {
    const off = Math.abs(a[i]! - b[i]!);
    most = Math.max(most, off); // NaN stays
    magnitude = Math.max(magnitude, Math.abs(b[i]!));
  }
  return most / magnitude;
}

/** d sum(f(inputs) * dy) / d inputs by central differences, in float32: good to about 1e-3. */
function finiteDifferences(f: (...inputs: Tensor[]) => Tensor, inputs: Tensor[], dy: Tensor, step = 1e-2): Tensor[] {
  const weights = dy.dataSync<'float32'>();
  const projected = (at: Tensor[]) => {
    const y = f(...at).dataSync<'float32'>();
    return y.reduce((sum, value, i) => sum + value * weights[i]!, 0);
  };
  return inputs.map((input, k) => {
    const data = input.dataSync<'float32'>();
    const gradient = data.map((value, i) => {
      const moved = (by: number) =>
        tf.tidy(() => {
          const copy = data.slice();
          copy[i] = value + by;
          return projected(inputs.map((other, j) => (j === k ? tf.tensor(copy, input.shape) : other)));
        });
      return (moved(step) - moved(-step)) / (2 * step);
    });
    return tf.tensor(gradient, input.shape);
  });
}

/**
 * Checks the gradients of `operation` against tfjs' own derivative of `plain` (1e-5) and finite differences (5e-3),
 * for a random dy.
 */
export function expectGradients(
  operation: (...inputs: Tensor[]) => Tensor,
  plain: (...inputs: Tensor[]) => Tensor,
  inputs: Tensor[],
): void {
  tf.tidy(() => {
    const y = operation(...inputs);
    expect(difference(y, plain(...inputs))).toBeLessThan(1e-6);
    const dy = normal(y.shape, 99);
    const own = tf.grads(operation)(inputs, dy);
    const derived = tf.grads(plain)(inputs, dy);
    const measured = finiteDifferences(operation, inputs, dy);
    own.forEach((gradient, i) => {
      expect(difference(gradient, derived[i]!)).toBeLessThan(1e-5);
      expect(difference(gradient, measured[i]!)).toBeLessThan(5e-3);
    });
  });
}

/** Runs a test's body, then fails if it left tensors behind. */
export function leavingNothing(body: () => void): () => void {
  return () => {
    const before = tf.memory().numTensors;
    tf.tidy(body);
    expect(tf.memory().numTensors).toBe(before);
  };
}
