// Kernels of one tensor, number by number.
import { GptError } from '../../errors.js';
import type { DType, Value } from '../graph.js';
import { type Call, inDtype, input, type Rules, ruleFor } from './rule.js';

/** Integers are computed as floats and cut back, as tfjs' CPU kernels do. */
const float = (call: Call): Value => inDtype(call, input(call, 'x'), 'float32', (x) => call.to.one(call.kernel, [x]));

const numeric = (call: Call): Value => {
  const x = input(call, 'x');
  return inDtype(call, x, x.dtype === 'bool' ? 'int32' : x.dtype, (value) => call.to.one(call.kernel, [value]));
};

const unchangedIntegers = (call: Call): Value =>
  input(call, 'x').dtype === 'float32' ? float(call) : input(call, 'x');

const dtypes = ['float32', 'int32', 'bool'];

export const elementwiseRules: Rules = {
  ...ruleFor('Abs Neg Sign Square', numeric),
  ...ruleFor('Expm1 Log Log1p Sqrt Rsqrt Reciprocal Sigmoid Softplus', float),
  ...ruleFor('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh Asinh Acosh Atanh Erf', float),
  ...ruleFor('Relu Relu6 Elu Selu', float),
  ...ruleFor('Ceil Floor Round', unchangedIntegers),
  Exp: (call) => call.to.one('Exp', [call.to.cast(input(call, 'x'), 'float32')]),
  ...ruleFor('IsFinite IsInf IsNan', (call) => call.to.one(call.kernel, [call.to.cast(input(call, 'x'), 'float32')])),
  LogicalNot: (call) => call.to.one('LogicalNot', [call.to.cast(input(call, 'x'), 'bool')]),
  LeakyRelu: (call) => {
    const x = call.to.cast(input(call, 'x'), 'float32');
    return call.to.one('LeakyRelu', [x], { alpha: Number(call.attrs['alpha']) });
  },
  Step: (call) => {
    const alpha = Number(call.attrs['alpha'] ?? 0);
    return inDtype(call, input(call, 'x'), 'float32', (x) => call.to.one('Step', [x], { alpha }));
  },
  ClipByValue: (call) => {
    const x = input(call, 'x');
    const range = {
      clipValueMin: Number(call.attrs['clipValueMin']),
      clipValueMax: Number(call.attrs['clipValueMax']),
    };
    const whole = Number.isInteger(range.clipValueMin) && Number.isInteger(range.clipValueMax);
    const dtype = x.dtype === 'float32' || !whole ? 'float32' : 'int32';
    return inDtype(call, x, dtype, (value) => call.to.one('ClipByValue', [value], range));
  },
  Cast: (call) => {
    const dtype = String(call.attrs['dtype']);
    if (!dtypes.includes(dtype)) throw new GptError('trace/dtype', `a traced tensor was cast to ${dtype}`);
    return call.to.cast(input(call, 'x'), dtype as DType);
  },
  Identity: (call) => input(call, 'x'),
  ZerosLike: (call) => call.to.filled(0, input(call, 'x').shape, input(call, 'x').dtype),
  OnesLike: (call) => call.to.filled(1, input(call, 'x').shape, input(call, 'x').dtype),
};
