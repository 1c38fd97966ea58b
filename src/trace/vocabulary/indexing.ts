// Operations that read or write at places given by a tensor of integers.
import { demand, dtypeOf, mismatch, numberOf, numbersOf } from '../shapes.js';
import type { Operation } from './operation.js';

export const indexingOperations: Record<string, Operation> = {
  GatherV2: {
    inputs: ['x', 'indices'],
    attributes: { axis: 'axis', batchDims: 'number of shared leading axes, at most axis' },
    note: 'shape x[:axis] + indices[batchDims:] + x[axis + 1:]; indices int32, in range',
    infer: ([input, indices], a) => {
      demand([indices!], 'int32');
      const axis = numberOf(a, 'axis');
      const shape = [
        ...input!.shape.slice(0, axis),
        ...indices!.shape.slice(numberOf(a, 'batchDims')),
        ...input!.shape.slice(axis + 1),
      ];
      return [{ shape, dtype: input!.dtype }];
    },
  },
  GatherNd: {
    inputs: ['params', 'indices'],
    attributes: {},
    note: 'indices [..., D] name the first D axes of params',
    infer: ([params, indices]) => {
      demand([indices!], 'int32');
      const depth = indices!.shape.at(-1)!;
      return [{ shape: [...indices!.shape.slice(0, -1), ...params!.shape.slice(depth)], dtype: params!.dtype }];
    },
  },
  ScatterNd: {
    inputs: ['indices', 'updates'],
    attributes: { shape: 'sizes of the result' },
    note: 'zeros of `shape`, updates added at indices [..., D]; equal indices add up',
    infer: ([indices, updates], a) => {
      demand([indices!], 'int32');
      demand([updates!], 'float32', 'int32');
      return [{ shape: numbersOf(a, 'shape'), dtype: updates!.dtype }];
    },
  },
  TensorScatterUpdate: {
    inputs: ['tensor', 'indices', 'updates'],
    attributes: {},
    note: 'tensor with updates written at indices [..., D]; of equal indices the last wins',
    infer: ([tensor, indices]) => {
      demand([indices!], 'int32');
      return [tensor!];
    },
  },
  UnsortedSegmentSum: {
    inputs: ['x', 'segmentIds'],
    attributes: { numSegments: 'number' },
    note: 'rows of x (segmentIds is [N], x [N, ...]) added up by id into [numSegments, ...]',
    infer: ([input, ids], a) => {
      demand([ids!], 'int32');
      demand([input!], 'float32', 'int32');
      if (ids!.shape.length !== 1 || ids!.shape[0] !== input!.shape[0])
        throw mismatch(`ids [${ids!.shape}] for [${input!.shape}]`);
      return [{ shape: [numberOf(a, 'numSegments'), ...input!.shape.slice(1)], dtype: input!.dtype }];
    },
  },
  OneHot: {
    inputs: ['indices'],
    attributes: { depth: 'number', onValue: 'number', offValue: 'number', dtype: 'of the result' },
    note: 'a new last axis; an index out of range gives offValue only',
    infer: ([indices], a) => {
      demand([indices!], 'int32');
      return [{ shape: [...indices!.shape, numberOf(a, 'depth')], dtype: dtypeOf(a, 'dtype') }];
    },
  },
};
