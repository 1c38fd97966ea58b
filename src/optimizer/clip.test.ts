import * as tf from '../tf.js';
import { clipScale, clipScaleOf, squareSumOf } from './clip.js';

test('clipping scales down to the norm and never up', () => {
  expect(clipScale(4, 1)).toBeCloseTo(0.25, 6);
  expect(clipScale(0.5, 1)).toBe(1);
  expect(clipScale(0, 1)).toBe(1);
  expect(clipScale(4, 0)).toBe(1);
});

test.each([0, 0.5, 1, 3])('in a graph it is the same as on the host, gradClip %p', (gradClip) => {
  for (const norm of [0, 1e-7, 0.3, 1, 2.5, 1e6, Number.POSITIVE_INFINITY]) {
    const [inGraph] = tf.tidy(() => clipScaleOf(tf, tf.scalar(norm), gradClip).dataSync());
    expect(Math.abs(inGraph! - clipScale(Math.fround(norm), gradClip))).toBeLessThan(1e-6);
  }
});

test.each([[[]], [[3]], [[3, 4]], [[2, 3, 4]]])('squares are summed up over all axes of %j', (shape) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const data = Float32Array.from({ length: size }, (_, i) => i + 1);
  const [sum] = tf.tidy(() => squareSumOf(tf, tf.tensor(data, shape)).dataSync());
  expect(sum).toBe(data.reduce((total, x) => total + x * x, 0));
});
