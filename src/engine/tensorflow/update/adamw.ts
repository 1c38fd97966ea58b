// AdamW in TensorFlow's own operation, which updates an array and its moments in one pass and in place: for plain graphs,
// where each elementary operation would be a pass of its own and leave an array behind.
import type { Ref } from '../writer.js';
import type { ArrayUpdate, UpdateWriter } from './types.js';

const float = { T: { type: 'float32' } } as const;

/**
 * ResourceApplyAdam subtracts rate * m / (sqrt(v) + epsilon): with rate = stepSize / inverseRoot and
 * epsilon / inverseRoot that is the rule's definition. Where the state must stay, the rate is 0, the betas are 1 and the
 * gradient is 0 whatever it was. Arrays follow each other, so that one of them at a time has a copy for its decay.
 */
export const adamw: UpdateWriter = (writer, { ok, gradientScale }) => {
  const { tf } = writer;
  const op = (type: string, ...inputs: Ref[]) => tf.op(type, inputs);
  const [zero, one] = [tf.scalar(0), tf.scalar(1)];
  const whenOk = (value: Ref, otherwise: Ref) => op('SelectV2', ok, value, otherwise);
  const factor = whenOk(gradientScale, zero);
  const shared = new Map<Ref, ReturnType<typeof coefficients>>();
  const coefficients = ({ scalars, constants }: ArrayUpdate) => {
    const [inverseRoot, decay] = [scalars.get('inverseRoot')!, scalars.get('decay')];
    const betas = [constants['beta1']!, constants['beta2']!].map((beta) => whenOk(tf.scalar(beta), one));
    return {
      rate: whenOk(op('RealDiv', scalars.get('stepSize')!, inverseRoot), zero),
      betas,
      epsilon: op('RealDiv', tf.scalar(constants['epsilon']!), inverseRoot),
      lost: decay && whenOk(op('Sub', one, decay), zero),
    };
  };
  let after: readonly Ref[] = [];
  return (update) => {
    const { gradient, variable, scalars } = update;
    const [parameter, first, second] = ['parameter', 'firstMoment', 'secondMoment'].map((slot) =>
      writer.resource(variable(slot)),
    ) as [Ref, Ref, Ref];
    const stepSize = scalars.get('stepSize')!;
    const known = shared.get(stepSize) ?? coefficients(update);
    shared.set(stepSize, known);
    const { rate, betas, epsilon, lost } = known;
    const scaled = tf.add('MulNoNan', [gradient, factor], { after });
    if (lost) {
      const loss = tf.add('Mul', [writer.read(variable('parameter')), lost], { after });
      after = [tf.op('AssignSubVariableOp', [parameter, loss], { dtype: float.T })];
    }
    const powers = [zero, zero]; // of the betas: the corrections are in the rate already
    const inputs = [parameter, first, second, ...powers, rate, ...betas, epsilon, scaled];
    const applied = tf.add('ResourceApplyAdam', inputs, { attributes: float, after });
    writer.change(applied);
    after = [applied];
  };
};
