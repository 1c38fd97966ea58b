// Operations that compute each number by itself.
import { GptError } from '../../errors.js';
import type { DType, TensorSpec } from '../graph.js';
import { broadcast, demand, dtypeOf, mismatch, sameShape } from '../shapes.js';
import { ab, float, keepShape, numeric, type Operation, type Specs, table, x } from './operation.js';

/** Elementwise with NumPy broadcasting; both inputs have one dtype. */
function pairwise(dtypes: readonly DType[], result?: DType) {
  return ([a, b]: Specs): TensorSpec[] => {
    demand([a!, b!], ...dtypes);
    if (a!.dtype !== b!.dtype) throw new GptError('trace/dtype', `mixes ${a!.dtype} and ${b!.dtype}`);
    return [{ shape: broadcast(a!.shape, b!.shape), dtype: result ?? a!.dtype }];
  };
}

/** Integers only where it says so; `float` operations never see another dtype. */
export const elementwiseOperations: Record<string, Operation> = {
  ...table('Abs Neg Sign Square', { inputs: x, attributes: {}, infer: numeric }),
  ...table('Ceil Floor Exp Expm1 Log Log1p Sqrt Rsqrt Reciprocal', { inputs: x, attributes: {}, infer: float }),
  ...table('Sin Cos Tan Asin Acos Atan Sinh Cosh Tanh', { inputs: x, attributes: {}, infer: float }),
  ...table('Asinh Acosh Atanh Sigmoid Softplus Relu Relu6', { inputs: x, attributes: {}, infer: float }),
  Round: { inputs: x, attributes: {}, note: 'halves to even', infer: float },
  Erf: { inputs: x, attributes: {}, note: 'tfjs: Abramowitz and Stegun 7.1.26, good to 1.5e-7', infer: float },
  Elu: { inputs: x, attributes: {}, note: 'x >= 0 ? x : exp(x) - 1', infer: float },
  Selu: {
    inputs: x,
    attributes: {},
    note: 'scale * (x >= 0 ? x : alpha * (exp(x) - 1)); alpha 1.6732632423543772, scale 1.0507009873554805',
    infer: float,
  },
  LeakyRelu: { inputs: x, attributes: { alpha: 'number' }, note: 'x < 0 ? alpha * x : x', infer: float },
  Step: { inputs: x, attributes: { alpha: 'number' }, note: 'NaN stays; x > 0 ? 1 : alpha', infer: float },
  ClipByValue: {
    inputs: x,
    attributes: { clipValueMin: 'number', clipValueMax: 'number' },
    infer: numeric,
  },
  ...table('IsFinite IsInf IsNan', { inputs: x, attributes: {}, infer: keepShape(['float32'], 'bool') }),
  LogicalNot: { inputs: x, attributes: {}, infer: keepShape(['bool']) },
  ...table('Add Sub Multiply Maximum Minimum SquaredDifference', {
    inputs: ab,
    attributes: {},
    infer: pairwise(['float32', 'int32']),
  }),
  RealDiv: { inputs: ab, attributes: {}, infer: pairwise(['float32']) },
  FloorDiv: { inputs: ab, attributes: {}, note: 'floor(a / b)', infer: pairwise(['float32', 'int32']) },
  Mod: { inputs: ab, attributes: {}, note: "the sign is b's, as in Python", infer: pairwise(['float32', 'int32']) },
  Pow: { inputs: ab, attributes: {}, infer: pairwise(['float32', 'int32']) },
  Atan2: { inputs: ab, attributes: {}, infer: pairwise(['float32']) },
  ...table('Equal NotEqual', { inputs: ab, attributes: {}, infer: pairwise(['float32', 'int32', 'bool'], 'bool') }),
  ...table('Greater GreaterEqual Less LessEqual', {
    inputs: ab,
    attributes: {},
    infer: pairwise(['float32', 'int32'], 'bool'),
  }),
  ...table('LogicalAnd LogicalOr', { inputs: ab, attributes: {}, infer: pairwise(['bool']) }),
  BitwiseAnd: { inputs: ab, attributes: {}, infer: pairwise(['int32']) },
  AddN: {
    inputs: 'list',
    attributes: {},
    note: 'the sum of one or more tensors of one shape',
    infer: (inputs) => {
      demand(inputs, 'float32', 'int32');
      if (inputs.some((input) => !sameShape(input.shape, inputs[0]!.shape))) throw mismatch('inputs differ in shape');
      return [inputs[0]!];
    },
  },
  Select: {
    inputs: ['condition', 't', 'e'],
    attributes: {},
    note: 'condition ? t : e, elementwise; the three broadcast (tfjs itself asks for equal shapes)',
    infer: ([condition, t, e]) => {
      demand([condition!], 'bool');
      if (t!.dtype !== e!.dtype) throw new GptError('trace/dtype', `mixes ${t!.dtype} and ${e!.dtype}`);
      return [{ shape: broadcast(condition!.shape, t!.shape, e!.shape), dtype: t!.dtype }];
    },
  },
  Cast: {
    inputs: x,
    attributes: { dtype: 'float32 | int32 | bool' },
    note: 'to int32: toward zero; to bool: x != 0',
    infer: ([input], a) => [{ shape: input!.shape, dtype: dtypeOf(a, 'dtype') }],
  },
};
