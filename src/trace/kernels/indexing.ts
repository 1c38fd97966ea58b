// Kernels that read or write at places given by a tensor of integers.

import * as tf from '../../tf.js';
import type { Value } from '../graph.js';
import { sizeOf } from '../graph.js';
import { resolveAxis } from '../shapes.js';
import { type Call, input, type Rules, upcast } from './rule.js';

const integer = (call: Call, name: string): Value => call.to.cast(input(call, name), 'int32');

/** tfjs reads a vector of N indices as N places in the first axis. */
function places(call: Call, name: string): Value {
  const indices = integer(call, name);
  return indices.shape.length < 2 ? call.to.reshape(indices, [sizeOf(indices.shape), 1]) : indices;
}

/** Updates of one number stand for all of them. */
function updatesFor(call: Call, updates: Value, indices: Value, shape: readonly number[]): Value {
  return call.to.broadcastTo(updates, [...indices.shape.slice(0, -1), ...shape.slice(indices.shape.at(-1)!)]);
}

export const indexingRules: Rules = {
  GatherV2: (call) => {
    const x = input(call, 'x');
    const indices = integer(call, 'indices');
    const axis = resolveAxis(Number(call.attrs['axis'] ?? 0), x.shape.length);
    const batchDims = Number(call.attrs['batchDims'] ?? 0);
    // Throws what tfjs throws.
    tf.backend_util.segment_util.collectGatherOpShapeInfo(
      { shape: [...x.shape] } as tf.TensorInfo,
      { shape: [...indices.shape] } as tf.TensorInfo,
      axis,
      batchDims,
    );
    return call.to.one('GatherV2', [x, indices], {
      axis,
      batchDims: batchDims < 0 ? batchDims + indices.shape.length : batchDims,
    });
  },
  GatherNd: (call) => call.to.one('GatherNd', [input(call, 'params'), integer(call, 'indices')]),
  ScatterNd: (call) => {
    const shape = [...(call.attrs['shape'] as number[])];
    const indices = places(call, 'indices');
    const updates = input(call, 'updates');
    const numbers = updates.dtype === 'bool' ? call.to.cast(updates, 'int32') : updates;
    const sum = call.to.one('ScatterNd', [indices, updatesFor(call, numbers, indices, shape)], { shape });
    return call.to.cast(sum, updates.dtype);
  },
  TensorScatterUpdate: (call) => {
    const tensor = input(call, 'tensor');
    const indices = places(call, 'indices');
    const updates = updatesFor(call, call.to.cast(input(call, 'updates'), tensor.dtype), indices, tensor.shape);
    return call.to.one('TensorScatterUpdate', [tensor, indices, updates]);
  },
  SparseToDense: (call) => {
    const shape = [...(call.attrs['outputShape'] as number[])];
    const values = input(call, 'sparseValues');
    const dtype = upcast(values.dtype, input(call, 'defaultValue').dtype);
    const rest = call.to.broadcastTo(call.to.cast(input(call, 'defaultValue'), dtype), shape);
    const indices = places(call, 'sparseIndices');
    const updates = updatesFor(call, call.to.cast(values, dtype), indices, shape);
    return call.to.one('TensorScatterUpdate', [rest, indices, updates]);
  },
  UnsortedSegmentSum: (call) => {
    const raw = input(call, 'x');
    const x = raw.dtype === 'bool' ? call.to.cast(raw, 'int32') : raw;
    const ids = integer(call, 'segmentIds');
    const count = sizeOf(ids.shape);
    const rows = call.to.reshape(x, [count, ...x.shape.slice(ids.shape.length)]);
    const numSegments = Number(call.attrs['numSegments']);
    return call.to.one('UnsortedSegmentSum', [rows, call.to.reshape(ids, [count])], { numSegments });
  },
  OneHot: (call) =>
    call.to.one('OneHot', [integer(call, 'indices')], {
      depth: Number(call.attrs['depth']),
      onValue: Number(call.attrs['onValue'] ?? 1),
      offValue: Number(call.attrs['offValue'] ?? 0),
      dtype: String(call.attrs['dtype'] ?? 'float32'),
    }),
};
