// Kernels along axes: sums and their kind, running sums, the largest ones.
import * as tf from '../../tf.js';
import type { DType, Value } from '../graph.js';
import { resolveAxis } from '../shapes.js';
import { type Call, input, type Rules, ruleFor } from './rule.js';

/** tfjs says `axis` in most kernels and `reductionIndices` in Max. */
function axesOf(call: Call, x: Value): number[] {
  const axis = (call.attrs['axis'] ?? call.attrs['reductionIndices']) as number | number[];
  return [...new Set(tf.util.parseAxisParam(axis, [...x.shape]))].sort((a, b) => a - b);
}

const reduce =
  (least: DType, dtypes: readonly DType[] = ['float32', 'int32']) =>
  (call: Call): Value => {
    const raw = input(call, 'x');
    const x = dtypes.includes(raw.dtype) ? raw : call.to.cast(raw, least);
    const axis = axesOf(call, x);
    return axis.length === 0 ? x : call.to.one(call.kernel, [x], { axis, keepDims: Boolean(call.attrs['keepDims']) });
  };

/** The extreme of booleans stays a boolean. */
const extreme = (call: Call): Value => call.to.cast(reduce('int32')(call), input(call, 'x').dtype);

const cumulative = (call: Call): Value => {
  const raw = input(call, 'x');
  const x = raw.dtype === 'bool' ? call.to.cast(raw, 'int32') : raw;
  const axis = resolveAxis(Number(call.attrs['axis'] ?? 0), x.shape.length);
  const attributes = { axis, exclusive: Boolean(call.attrs['exclusive']), reverse: Boolean(call.attrs['reverse']) };
  return call.to.one(call.kernel, [x], attributes);
};

export const reductionRules: Rules = {
  ...ruleFor('Sum Prod', reduce('int32')),
  ...ruleFor('Max Min', extreme),
  Mean: reduce('float32', ['float32']),
  ...ruleFor('All Any', reduce('bool', ['bool'])),
  ...ruleFor('ArgMax ArgMin', (call) => {
    const x = input(call, 'x');
    const axis = axesOf(call, x)[0];
    if (axis === undefined) return call.to.scalar(0, 'int32');
    return call.to.one(call.kernel, [x.dtype === 'bool' ? call.to.cast(x, 'int32') : x], { axis });
  }),
  ...ruleFor('Cumsum Cumprod', cumulative),
  Softmax: (call) => {
    const logits = call.to.cast(input(call, 'logits'), 'float32');
    return call.to.one('Softmax', [logits], { dim: logits.shape.length - 1 });
  },
  TopK: (call) => {
    const x = input(call, 'x');
    // Sorted is one of the orders that tfjs allows where none is asked for, and the same on every engine.
    return call.to.all('TopK', [x], { k: Number(call.attrs['k']), sorted: true });
  },
  // [B, N] sorted rows, [B, M] values -> how many of the row come before each value.
  SearchSorted: (call) => {
    const rows = input(call, 'sortedSequence');
    const values = input(call, 'values');
    const [batch, length] = rows.shape as [number, number];
    const before = call.to.one(call.attrs['side'] === 'right' ? 'LessEqual' : 'Less', [
      call.to.reshape(rows, [batch, 1, length]),
      call.to.reshape(values, [batch, values.shape[1]!, 1]),
    ]);
    return call.to.one('Sum', [call.to.cast(before, 'int32')], { axis: [2], keepDims: false });
  },
};
