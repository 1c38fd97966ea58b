// Kernels of two or more tensors, number by number, with broadcasting.
import type { DType, Value } from '../graph.js';
import { type Call, input, narrow, type Rules, ruleFor, upcast } from './rule.js';

/** Both inputs in the wider dtype, at least `least`. */
function pair(call: Call, least: DType): [Value, Value] {
  const [a, b] = [input(call, 'a'), input(call, 'b')];
  const dtype = upcast(least, upcast(a.dtype, b.dtype));
  return [call.to.cast(a, dtype), call.to.cast(b, dtype)];
}

const arithmetic =
  (least: DType) =>
  (call: Call): Value => {
    const { dtype } = input(call, 'a');
    const result = call.to.one(call.kernel, pair(call, least));
    return dtype === 'bool' ? narrow(call.to, result, 'bool') : result;
  };

const compare =
  (least: DType) =>
  (call: Call): Value =>
    call.to.one(call.kernel, pair(call, least));

export const binaryRules: Rules = {
  ...ruleFor('Add Sub Multiply Maximum Minimum SquaredDifference Mod Pow', arithmetic('int32')),
  ...ruleFor('RealDiv Atan2', arithmetic('float32')),
  FloorDiv: (call) => {
    const [a, b] = pair(call, 'int32');
    if (a.dtype === 'int32') return call.to.one('FloorDiv', [a, b]);
    return call.to.cast(call.to.one('Floor', [call.to.one('RealDiv', [a, b])]), 'int32');
  },
  ...ruleFor('Equal NotEqual', compare('bool')),
  ...ruleFor('Greater GreaterEqual Less LessEqual', compare('int32')),
  ...ruleFor('LogicalAnd LogicalOr', (call) => {
    const [a, b] = [input(call, 'a'), input(call, 'b')];
    return call.to.one(call.kernel, [call.to.cast(a, 'bool'), call.to.cast(b, 'bool')]);
  }),
  BitwiseAnd: compare('int32'),
  AddN: (call) => {
    if (call.list.length === 1) return call.list[0]!;
    if (call.list.length === 2) return call.to.one('Add', call.list);
    return call.to.one('AddN', call.list);
  },
  Select: (call) => {
    const [t, e] = [input(call, 't'), input(call, 'e')];
    const dtype = upcast(t.dtype, e.dtype);
    let condition = call.to.cast(input(call, 'condition'), 'bool');
    // A vector chooses whole rows.
    if (condition.shape.length === 1 && t.shape.length > 1)
      condition = call.to.reshape(condition, [condition.shape[0]!, ...t.shape.slice(1).map(() => 1)]);
    return call.to.one('Select', [condition, call.to.cast(t, dtype), call.to.cast(e, dtype)]);
  },
  Prelu: (call) => {
    const x = call.to.cast(input(call, 'x'), 'float32');
    const scaled = call.to.one('Multiply', [call.to.cast(input(call, 'alpha'), 'float32'), x]);
    return call.to.one('Select', [call.to.one('Less', [x, call.to.scalar(0, 'float32')]), scaled, x]);
  },
  EluGrad: (call) => {
    const [dy, y] = [input(call, 'dy'), input(call, 'y')];
    const scaled = call.to.one('Multiply', [dy, call.to.one('Add', [y, call.to.scalar(1, 'float32')])]);
    return call.to.one('Select', [call.to.one('GreaterEqual', [y, call.to.scalar(0, 'float32')]), dy, scaled]);
  },
};
