// Convolution of images as matrix products over windows (im2col; Chellapilla et al. 2006). Its two gradients are matrix
// products as well: the filter's over the same windows, the image's a convolution of the spread gradient with the
// turned filter.
import type { Emitter } from '../emitter.js';
import { sizeOf, type Value } from '../graph.js';
import { activated } from './activation.js';
import { type Call, input, type Rules } from './rule.js';
import { convolutionInfo, places, spreadOut, type Windows, windowsOf } from './windows.js';

/** [N, H, W, C] to [N outHeight outWidth, K]: a window a row, K = filterHeight filterWidth C, in the filter's order. */
function patches(to: Emitter, x: Value, windows: Windows): { rows: Value; shape: readonly number[] } {
  const each = places(to, x, windows, 0);
  const joined = to.concat(each, 3);
  const shape = joined.shape.slice(0, 3);
  return { rows: to.reshape(joined, [sizeOf(shape), joined.shape[3]!]), shape };
}

/** @param filter [filterHeight, filterWidth, C, D] */
function convolve(to: Emitter, x: Value, filter: Value, windows: Windows): Value {
  const { rows, shape } = patches(to, x, windows);
  const channels = filter.shape[3]!;
  const product = to.one('BatchMatMul', [rows, to.reshape(filter, [sizeOf(filter.shape.slice(0, 3)), channels])], {
    transposeA: false,
    transposeB: false,
  });
  return to.reshape(product, [...shape, channels]);
}

function convolution(call: Call): Value {
  const { to } = call;
  const [x, filter] = [input(call, 'x'), input(call, 'filter')].map((value) => to.cast(value, 'float32'));
  return convolve(to, x!, filter!, windowsOf(convolutionInfo(call, x!.shape, filter!.shape)));
}

export const convolutionRules: Rules = {
  Conv2D: convolution,
  FusedConv2D: (call) => {
    const { bias } = call.inputs;
    const result = convolution(call);
    return activated(call, bias ? call.to.one('Add', [result, bias]) : result);
  },
  Conv2DBackpropFilter: (call) => {
    const [x, dy] = [input(call, 'x'), input(call, 'dy')];
    const shape = call.attrs['filterShape'] as number[];
    const { rows } = patches(call.to, x, windowsOf(convolutionInfo(call, x.shape, shape)));
    const gradient = call.to.reshape(dy, [rows.shape[0]!, shape[3]!]);
    const product = call.to.one('BatchMatMul', [rows, gradient], { transposeA: true, transposeB: false });
    return call.to.reshape(product, [...shape]);
  },
  Conv2DBackpropInput: (call) => {
    const { to } = call;
    const [dy, filter] = [input(call, 'dy'), input(call, 'filter')];
    const shape = call.attrs['inputShape'] as number[];
    const windows = windowsOf(convolutionInfo(call, shape, filter.shape));
    const spread = spreadOut(to, dy, windows);
    const turned = to.transpose(to.one('Reverse', [filter], { dims: [0, 1] }), [0, 1, 3, 2]);
    const around = windows.map((axis, i) => {
      const before = axis.size - 1 - axis.before;
      return { ...axis, stride: 1, before, after: shape[1 + i]! + axis.size - 1 - before - spread.shape[1 + i]! };
    });
    return convolve(to, spread, turned, around as unknown as Windows);
  },
};
