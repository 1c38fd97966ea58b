// Depthwise convolution: every channel C has its own M filters. Place by place of the windows, since there is no sum over
// channels that a matrix product could take.
import type { Emitter } from '../emitter.js';
import type { Value } from '../graph.js';
import { activated } from './activation.js';
import { type Call, input, type Rules } from './rule.js';
import { convolutionInfo, places, placesBack, sumOf, windowsOf } from './windows.js';

/** [filterHeight, filterWidth, C, M] to a [C, M] for each place. */
function filters(to: Emitter, filter: Value): Value[] {
  const [height, width, channels, multiplier] = filter.shape as [number, number, number, number];
  const count = height * width;
  if (count === 1) return [to.reshape(filter, [channels, multiplier])];
  const flat = to.reshape(filter, [count, channels, multiplier]);
  const numOrSizeSplits = Array<number>(count).fill(1);
  return to.all('SplitV', [flat], { numOrSizeSplits, axis: 0 }).map((each) => to.reshape(each, [channels, multiplier]));
}

/** [N, H, W, C] to [N, H, W, C, 1]. */
const withFilters = (to: Emitter, x: Value): Value => to.reshape(x, [...x.shape, 1]);

/** [N, H, W, C M] to [N, H, W, C, M]. */
function apart(to: Emitter, dy: Value, [, , channels, multiplier]: readonly number[]): Value {
  return to.reshape(dy, [...dy.shape.slice(0, 3), channels!, multiplier!]);
}

function depthwise(call: Call): Value {
  const { to } = call;
  const [x, filter] = [input(call, 'x'), input(call, 'filter')] as const;
  const windows = windowsOf(convolutionInfo(call, x.shape, filter.shape, true));
  const each = filters(to, filter);
  const products = places(to, x, windows, 0).map((place, i) => to.one('Multiply', [withFilters(to, place), each[i]!]));
  const sum = sumOf(to, products); // [N, outHeight, outWidth, C, M]
  return to.reshape(sum, [...sum.shape.slice(0, 3), sum.shape[3]! * sum.shape[4]!]);
}

export const depthwiseRules: Rules = {
  DepthwiseConv2dNative: depthwise,
  FusedDepthwiseConv2D: (call) => {
    const { bias } = call.inputs;
    const result = depthwise(call);
    return activated(call, bias ? call.to.one('Add', [result, bias]) : result);
  },
  DepthwiseConv2dNativeBackpropFilter: (call) => {
    const { to } = call;
    const x = input(call, 'x');
    const shape = call.attrs['filterShape'] as number[];
    const dy = apart(to, input(call, 'dy'), shape);
    const rows = places(to, x, windowsOf(convolutionInfo(call, x.shape, shape, true)), 0).map((place) => {
      const product = to.one('Multiply', [withFilters(to, place), dy]);
      return to.reshape(to.one('Sum', [product], { axis: [0, 1, 2], keepDims: false }), [1, shape[2]!, shape[3]!]);
    });
    return to.reshape(to.concat(rows, 0), [...shape]);
  },
  DepthwiseConv2dNativeBackpropInput: (call) => {
    const { to } = call;
    const filter = input(call, 'filter');
    const shape = call.attrs['inputShape'] as number[];
    const dy = apart(to, input(call, 'dy'), filter.shape);
    const parts = filters(to, filter).map((each) =>
      to.one('Sum', [to.one('Multiply', [dy, each])], { axis: [4], keepDims: false }),
    );
    return placesBack(to, parts, shape, windowsOf(convolutionInfo(call, shape, filter.shape, true)));
  },
};
