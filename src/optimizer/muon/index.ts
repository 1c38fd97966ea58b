// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum, orthogonalized, for the matrices of the blocks, with
// the update scale of Moonlight (Liu et al. 2025, arXiv:2502.16982); AdamW for all other arrays. As torch.optim.Muon with
// adjust_lr_fn="match_rms_adamw" and nesterov, but orthogonalized in float32.
import { integer, real } from '../../config/setting.js';
import type { Tensor } from '../../tf.js';
import { adamw, adamwRule } from '../adamw/index.js';
import { defineRule, type Optimizer, type OptionsOf } from '../types.js';
import { orthogonalized } from './orthogonalize.js';
import { isForMuon, partsOf } from './parts.js';

const settings = {
  ...adamw.settings,
  momentum: real({ min: 0, below: 1, default: 0.95, help: "Muon's momentum" }),
  matrixLrScale: real({
    above: 0,
    max: 1000,
    default: 3,
    help: "Muon's learning rate, as a multiple of learning-rate; the latter is for what AdamW trains",
  }),
  nsSteps: integer({ min: 1, max: 20, default: 5, help: "Muon's Newton-Schulz iterations per step" }),
};

interface Scalars {
  readonly rate: number;
  /** 1 - rate * weightDecay; absent for arrays that are not decayed. */
  readonly decay?: number;
}

/** And the width of each matrix that the array joins. */
interface Constants extends Readonly<Record<`width${number}`, number>> {
  readonly momentum: number;
  /** 1 - momentum */
  readonly rest: number;
  readonly iterations: number;
  readonly axis: number;
  readonly matrices: number;
}

/** The root mean square of an update with all singular values 1 is then about that of AdamW's (Moonlight). */
const scaleOf = ({ shape }: Tensor) => 0.2 * Math.sqrt(Math.max(...shape));

export const muonRule = defineRule<OptionsOf<typeof settings>, 'momentum', Scalars, Constants>({
  op: 'Muon',
  slots: ({ shape }) => [{ name: 'momentum', stored: 'momentum_buffer', shape }],
  constants: ({ momentum, nsSteps }, array) => {
    const { axis, widths } = partsOf(array);
    const named = Object.fromEntries(widths.map((width, i) => [`width${i}`, width]));
    return { momentum, rest: 1 - momentum, iterations: nsSteps, axis, matrices: widths.length, ...named };
  },
  scalars: ({ matrixLrScale, weightDecay }, { learningRate }, { decay }) => {
    const rate = matrixLrScale * learningRate;
    return { rate, ...(decay && { decay: 1 - rate * weightDecay }) };
  },
  update(tf, { parameter, gradient, slots, scalars, constants }) {
    const { momentum: kept, rest, iterations, axis, matrices } = constants;
    const part = tf.mul(gradient, rest);
    const momentum = tf.add(tf.mul(slots.momentum, kept), part);
    const nesterov = tf.add(tf.mul(momentum, kept), part);
    const widths = Array.from({ length: matrices }, (_, i) => constants[`width${i}`]!);
    const apart = matrices === 1 ? [nesterov] : tf.split(nesterov, widths, axis);
    const turned = apart.map((matrix) => orthogonalized(tf, matrix, iterations, scaleOf(matrix)));
    const direction = matrices === 1 ? turned[0]! : tf.concat(turned, axis);
    const decayed = scalars.decay ? tf.mul(parameter, scalars.decay) : parameter;
    return { parameter: tf.sub(decayed, tf.mul(direction, scalars.rate)), slots: { momentum } };
  },
});

export const muon = {
  name: 'muon',
  settings,
  ruleFor: (array) => (isForMuon(array) ? muonRule : adamwRule),
} satisfies Optimizer;
