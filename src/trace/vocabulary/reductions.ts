// Operations along axes.
import type { DType } from '../graph.js';
import { booleanOf, demand, numberOf, numbersOf, reduced, replaced } from '../shapes.js';
import { float, numeric, type Operation, table, x } from './operation.js';

function reduction(dtypes: readonly DType[]): Operation {
  return {
    inputs: x,
    attributes: { axis: 'axes, ascending, possibly none', keepDims: 'boolean' },
    infer: ([input], attributes) => {
      demand([input!], ...dtypes);
      return [
        {
          shape: reduced(input!.shape, numbersOf(attributes, 'axis'), booleanOf(attributes, 'keepDims')),
          dtype: input!.dtype,
        },
      ];
    },
  };
}

const argument: Operation = {
  inputs: x,
  attributes: { axis: 'axis' },
  note: 'the first index of the extreme value; int32, the axis removed',
  infer: ([input], a) => [{ shape: reduced(input!.shape, [numberOf(a, 'axis')], false), dtype: 'int32' }],
};

const cumulative: Operation = {
  inputs: x,
  attributes: { axis: 'axis', exclusive: 'boolean', reverse: 'boolean' },
  infer: numeric,
};

export const reductionOperations: Record<string, Operation> = {
  ...table('Sum Prod Max Min', reduction(['float32', 'int32'])),
  Mean: reduction(['float32']),
  ...table('All Any', reduction(['bool'])),
  ...table('ArgMax ArgMin', argument),
  ...table('Cumsum Cumprod', cumulative),
  Softmax: { inputs: ['logits'], attributes: { dim: 'the last axis' }, infer: float },
  TopK: {
    inputs: x,
    attributes: { k: 'number', sorted: 'boolean' },
    note: 'along the last axis, largest first; of equals the lower index; outputs values, indices (int32)',
    infer: ([input], a) => {
      demand([input!], 'float32', 'int32');
      const shape = replaced(input!.shape, input!.shape.length - 1, numberOf(a, 'k'));
      return [
        { shape, dtype: input!.dtype },
        { shape, dtype: 'int32' },
      ];
    },
  },
};
