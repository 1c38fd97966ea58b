// Muon (Jordan et al. 2024, kellerjordan.github.io/posts/muon): momentum, orthogonalized, for the matrices of the blocks, with
// the update scale of Moonlight (Liu et al. 2025, arXiv:2502.16982); AdamW for all other arrays. As torch.optim.Muon with
// adjust_lr_fn="match_rms_adamw" and nesterov, but orthogonalized in float32.
import { integer, real } from '../../config/setting.js';
import { adamw, adamwRule } from '../adamw/index.js';
import { defineRule, type Optimizer, type OptionsOf, type UpdateRule } from '../types.js';
import { orthogonalized } from './orthogonalize.js';
import { matricesIn } from './parts.js';

const settings = {
  ...adamw.settings,
  momentum: real({ min: 0, below: 1, default: 0.95, help: "Muon's momentum" }),
  matrixLrScale: real({
    above: 0,
    max: 1000,
    default: 10,
    help: "Muon's learning rate, as a multiple of learning-rate; the latter is for what AdamW trains",
  }),
  nsSteps: integer({ min: 1, max: 20, default: 5, help: "Muon's Newton-Schulz iterations per step" }),
};

interface Scalars {
  readonly rate: number;
  /** 1 - rate * weightDecay; absent for arrays that are not decayed. */
  readonly decay?: number;
}

interface Constants {
  readonly momentum: number;
  /** 1 - momentum */
  readonly rest: number;
  /** 0.2 sqrt(longer side): the root mean square of an update is then about that of AdamW's. */
  readonly size: number;
  readonly iterations: number;
}

/** @param matrices of equal width, side by side in an array: each is orthogonalized by itself */
function ruleOf(matrices: number): UpdateRule {
  return defineRule<OptionsOf<typeof settings>, 'momentum', Scalars, Constants>({
    op: matrices === 1 ? 'Muon' : `Muon${matrices}`,
    slots: ({ shape }) => [{ name: 'momentum', stored: 'momentum_buffer', shape }],
    constants: ({ momentum, nsSteps }, { shape }) => {
      const [rows, columns] = shape as [number, number];
      const size = 0.2 * Math.sqrt(Math.max(rows, columns / matrices));
      return { momentum, rest: 1 - momentum, size, iterations: nsSteps };
    },
    scalars: ({ matrixLrScale, weightDecay }, { learningRate }, { decay }) => {
      const rate = matrixLrScale * learningRate;
      return { rate, ...(decay && { decay: 1 - rate * weightDecay }) };
    },
    update(tf, { parameter, gradient, slots, scalars, constants }) {
      const { momentum: kept, rest, size, iterations } = constants;
      const part = tf.mul(gradient, rest);
      const momentum = tf.add(tf.mul(slots.momentum, kept), part);
      const nesterov = tf.add(tf.mul(momentum, kept), part);
      const parts = matrices === 1 ? [nesterov] : tf.split(nesterov, matrices, 1);
      const turned = parts.map((matrix) => orthogonalized(tf, matrix, iterations));
      const direction = matrices === 1 ? turned[0]! : tf.concat(turned, 1);
      const decayed = scalars.decay ? tf.mul(parameter, scalars.decay) : parameter;
      return { parameter: tf.sub(decayed, tf.mul(direction, tf.mul(scalars.rate, size))), slots: { momentum } };
    },
  });
}

const rules = new Map([1, 3].map((matrices) => [matrices, ruleOf(matrices)]));

export const muon = {
  name: 'muon',
  settings,
  ruleFor: (array) => rules.get(matricesIn(array)) ?? adamwRule,
} satisfies Optimizer;
