// An optimizer of matrices in the manner of Muon (Jordan et al. 2024): momentum whose singular values are brought near 1 by
// Newton-Schulz iterations, that is products inside the update; AdamW for all other arrays. To prove the seam; for tests only.
import { real } from '../../config/setting.js';
import type { Tensor } from '../../tf.js';
import { adamw, adamwRule } from '../adamw/index.js';
import { defineRule, type Optimizer, type OptionsOf, type Tfjs } from '../types.js';

const settings = {
  ...adamw.settings,
  momentum: real({ min: 0, below: 1, default: 0.9, help: 'share of the last move that is kept' }),
  matrixRate: real({ above: 0, max: 1000, default: 10, help: 'learning rate of matrices as a multiple of the others' }),
};

/** Of a quintic that lifts small singular values fast; see the post. */
const [A, B, C] = [3.4445, -4.775, 2.0315];
const iterations = 3;

/** x [rows, columns] with all singular values near 1. */
function orthogonalized(tf: Tfjs, x: Tensor): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const wide = rows > columns ? tf.transpose(x) : x;
  let y = tf.div(wide, tf.add(tf.sqrt(tf.sum(tf.square(wide))), 1e-7));
  for (let i = 0; i < iterations; i++) {
    const gram = tf.matMul(y, y, false, true);
    const polynomial = tf.add(tf.mul(gram, B), tf.mul(tf.matMul(gram, gram), C));
    y = tf.add(tf.mul(y, A), tf.matMul(polynomial, y));
  }
  return rows > columns ? tf.transpose(y) : y;
}

interface Scalars {
  readonly rate: number;
  readonly kept: number;
}

interface Constants {
  readonly momentum: number;
  /** Keeps the size of an update's numbers the same for all shapes. */
  readonly size: number;
}

const rule = defineRule<OptionsOf<typeof settings>, 'momentum', Scalars, Constants>({
  op: 'Matrix',
  slots: ({ shape }) => [{ name: 'momentum', stored: 'momentum_buffer', shape }],
  constants: ({ momentum }, { shape }) => ({ momentum, size: 0.2 * Math.sqrt(Math.max(...shape)) }),
  scalars: ({ matrixRate, weightDecay }, { learningRate }, { decay }) => ({
    rate: matrixRate * learningRate,
    kept: decay ? 1 - matrixRate * learningRate * weightDecay : 1,
  }),
  update(tf, { parameter, gradient, slots, scalars, constants }) {
    const momentum = tf.add(tf.mul(slots.momentum, constants.momentum), gradient);
    const move = tf.mul(orthogonalized(tf, momentum), constants.size);
    return { parameter: tf.sub(tf.mul(parameter, scalars.kept), tf.mul(move, scalars.rate)), slots: { momentum } };
  },
});

export const matrix = {
  name: 'matrix',
  settings,
  ruleFor: ({ shape, role }) => (shape.length === 2 && role !== 'embedding' && role !== 'head' ? rule : adamwRule),
} satisfies Optimizer;
