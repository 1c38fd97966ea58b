// AdamW in TensorFlow's own operation, which updates an array and its moments in one pass and in place: for plain graphs,
// where each elementary operation would be a pass of its own and leave an array behind.
import type { Ref } from '../writer.js';
import type { UpdateWriter } from './types.js';

const float = { T: { type: 'float32' } } as const;

/**
 * ResourceApplyAdam subtracts rate * m / (sqrt(v) + epsilon): with rate = stepSize / inverseRoot and
 * epsilon / inverseRoot that is our formula. Where the state must stay, the rate is 0, the betas are 1 and the gradient is
 * 0 whatever it was. Arrays follow each other, so that one of them at a time has a copy for its decay.
 */
export const kernels: UpdateWriter = (writer, { ok, scale, inverseRoot, fixed }) => {
  const { tf } = writer;
  const op = (type: string, ...inputs: Ref[]) => tf.op(type, inputs);
  const [zero, one] = [tf.scalar(0), tf.scalar(1)];
  const whenOk = (value: Ref, otherwise: Ref) => op('SelectV2', ok, value, otherwise);
  const beta1 = whenOk(tf.scalar(fixed.beta1), one);
  const beta2 = whenOk(tf.scalar(fixed.beta2), one);
  const epsilon = op('RealDiv', tf.scalar(fixed.epsilon), inverseRoot);
  const factor = whenOk(scale, zero);
  let after: readonly Ref[] = [];
  return ({ gradient, variables, stepSize, kept }) => {
    const [parameter, first, second] = [variables.parameter, variables.firstMoment, variables.secondMoment].map(
      (variable) => writer.resource(variable),
    ) as [Ref, Ref, Ref];
    const scaled = tf.add('MulNoNan', [gradient, factor], { after });
    if (kept) {
      const lost = whenOk(op('Sub', one, kept), zero);
      const loss = tf.add('Mul', [writer.read(variables.parameter), lost], { after });
      after = [tf.op('AssignSubVariableOp', [parameter, loss], { dtype: float.T })];
    }
    const rate = whenOk(op('RealDiv', stepSize, inverseRoot), zero);
    const powers = [zero, zero]; // of the betas: the corrections are in the rate already
    const inputs = [parameter, first, second, ...powers, rate, beta1, beta2, epsilon, scaled];
    const applied = tf.add('ResourceApplyAdam', inputs, { attributes: float, after });
    writer.change(applied);
    after = [applied];
  };
};
