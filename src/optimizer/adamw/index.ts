// AdamW: decoupled weight decay (Loshchilov and Hutter 2019, arXiv:1711.05101) as torch.optim.AdamW computes it. The one
// definition; kernel.assembly.ts has its bits.
import { real } from '../../config/setting.js';
import { defineRule, type Optimizer, type OptionsOf } from '../types.js';

const settings = {
  weightDecay: real({ min: 0, max: 100, default: 0.1, finetuneDefault: 0.01, help: 'weight decay of the matrices' }),
  beta1: real({ min: 0, below: 1, default: 0.9, help: "AdamW's decay rate of the first moment" }),
  beta2: real({
    min: 0,
    below: 1,
    default: 0.99,
    finetuneDefault: 0.999,
    help: "AdamW's decay rate of the second moment",
  }),
  epsilon: real({ above: 0, max: 1, default: 1e-8, help: "AdamW's epsilon, added to the root of the second moment" }),
};

type Options = OptionsOf<typeof settings>;

interface Scalars {
  /** learningRate / (1 - beta1^iteration) */
  readonly stepSize: number;
  /** 1 / sqrt(1 - beta2^iteration) */
  readonly inverseRoot: number;
  /** 1 - learningRate * weightDecay; absent for arrays that are not decayed. */
  readonly decay?: number;
}

interface Constants {
  readonly beta1: number;
  /** 1 - beta1 */
  readonly rest1: number;
  readonly beta2: number;
  /** 1 - beta2 */
  readonly rest2: number;
  readonly epsilon: number;
}

export const adamwRule = defineRule<Options, 'firstMoment' | 'secondMoment', Scalars, Constants>({
  op: 'AdamW',
  slots: ({ shape }) => [
    { name: 'firstMoment', stored: 'exp_avg', shape },
    { name: 'secondMoment', stored: 'exp_avg_sq', shape },
  ],
  constants: ({ beta1, beta2, epsilon }) => ({ beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon }),
  scalars: ({ beta1, beta2, weightDecay }, { learningRate, iteration }, { decay }) => ({
    stepSize: learningRate / (1 - beta1 ** iteration),
    inverseRoot: 1 / Math.sqrt(1 - beta2 ** iteration),
    ...(decay && { decay: 1 - learningRate * weightDecay }),
  }),
  update(tf, { parameter, gradient, slots, scalars, constants }) {
    const { beta1, rest1, beta2, rest2, epsilon } = constants;
    const firstMoment = tf.add(tf.mul(slots.firstMoment, beta1), tf.mul(gradient, rest1));
    const secondMoment = tf.add(tf.mul(slots.secondMoment, beta2), tf.mul(tf.mul(gradient, gradient), rest2));
    const root = tf.add(tf.mul(tf.sqrt(secondMoment), scalars.inverseRoot), epsilon);
    const decayed = scalars.decay ? tf.mul(parameter, scalars.decay) : parameter;
    const moved = tf.sub(decayed, tf.div(tf.mul(firstMoment, scalars.stepSize), root));
    return { parameter: moved, slots: { firstMoment, secondMoment } };
  },
  kernel: ({ pointer, gradientScale, scalars, constants }) => ({
    kernel: 'adamw',
    pointers: [pointer('parameter'), pointer('gradient'), pointer('firstMoment'), pointer('secondMoment')],
    numbers: [
      constants.beta1,
      constants.rest1,
      constants.beta2,
      constants.rest2,
      scalars.stepSize,
      scalars.inverseRoot,
      scalars.decay ?? 1,
      constants.epsilon,
      gradientScale,
    ],
  }),
});

export const adamw = { name: 'adamw', settings, ruleFor: () => adamwRule } satisfies Optimizer;
