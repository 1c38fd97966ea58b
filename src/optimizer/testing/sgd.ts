// Stochastic gradient descent with momentum as torch.optim.SGD computes it, decay included: an optimizer without a kernel,
// to prove the seam. For tests only.
import { real } from '../../config/setting.js';
import { adamw } from '../adamw/index.js';
import { defineRule, type Optimizer, type OptionsOf } from '../types.js';

const settings = {
  momentum: real({ min: 0, below: 1, default: 0.9, help: 'share of the last move that is kept' }),
  weightDecay: adamw.settings.weightDecay,
};

interface Scalars {
  readonly rate: number;
  /** Absent for arrays that are not decayed. */
  readonly decay?: number;
}

const rule = defineRule<OptionsOf<typeof settings>, 'momentum', Scalars, { readonly momentum: number }>({
  op: 'SGD',
  slots: ({ shape }) => [{ name: 'momentum', stored: 'momentum_buffer', shape }],
  constants: ({ momentum }) => ({ momentum }),
  scalars: ({ weightDecay }, { learningRate }, { decay }) => ({
    rate: learningRate,
    ...(decay && { decay: weightDecay }),
  }),
  update(tf, { parameter, gradient, slots, scalars, constants }) {
    const slope = scalars.decay ? tf.add(gradient, tf.mul(parameter, scalars.decay)) : gradient;
    const momentum = tf.add(tf.mul(slots.momentum, constants.momentum), slope);
    return { parameter: tf.sub(parameter, tf.mul(momentum, scalars.rate)), slots: { momentum } };
  },
});

export const sgd = { name: 'sgd', settings, ruleFor: () => rule } satisfies Optimizer;
