// Convolution of images as matrix products over windows (im2col; Chellapilla et al. 2006). Its two gradients are matrix
// products as well: the filter's over the same windows, the image's a convolution of the spread gradient with the
// turned filter.
import type { Emitter } from '../emitter.js';
import { sizeOf, type Value } from '../graph.js';
import { activated } from './activation.js';
import { type Call, input, type Rules } from './rule.js';
import {
  convolutionInfo,
  fromChannelsLast,
  places,
  shapeChannelsLast,
  spreadOut,
  toChannelsLast,
  type Windows,
  windowsOf,
} from './windows.js';

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

/** In the call's data format. */
function convolution(call: Call): Value {
  const [x, filter] = [input(call, 'x'), input(call, 'filter')].map((value) => call.to.cast(value, 'float32'));
  const images = toChannelsLast(call, x!);
  const windows = windowsOf(convolutionInfo(call, images.shape, filter!.shape));
  return fromChannelsLast(call, convolve(call.to, images, filter!, windows));
}

/** A vector of numbers for channels, where these come first, as [C, 1, 1]. */
function alongChannels(call: Call, x: Value): Value {
  const vector = call.attrs['dataFormat'] === 'NCHW' && x.shape.length === 1 && x.shape[0] !== 1;
  return vector ? call.to.reshape(x, [x.shape[0]!, 1, 1]) : x;
}

export const convolutionRules: Rules = {
  Conv2D: convolution,
  FusedConv2D: (call) => {
    const inputs = Object.fromEntries(
      Object.entries(call.inputs).map(([name, value]) => [name, alongChannels(call, value)]),
    );
    const { bias } = inputs;
    const result = convolution(call);
    return activated({ ...call, inputs }, bias ? call.to.one('Add', [result, bias]) : result);
  },
  Conv2DBackpropFilter: (call) => {
    const [x, dy] = [input(call, 'x'), input(call, 'dy')].map((value) => toChannelsLast(call, value));
    const shape = call.attrs['filterShape'] as number[];
    const { rows } = patches(call.to, x!, windowsOf(convolutionInfo(call, x!.shape, shape)));
    const gradient = call.to.reshape(dy!, [rows.shape[0]!, shape[3]!]);
    const product = call.to.one('BatchMatMul', [rows, gradient], { transposeA: true, transposeB: false });
    return call.to.reshape(product, [...shape]);
  },
  Conv2DBackpropInput: (call) => {
    const { to } = call;
    const [dy, filter] = [toChannelsLast(call, input(call, 'dy')), input(call, 'filter')];
    const shape = shapeChannelsLast(call, call.attrs['inputShape'] as number[]);
    const windows = windowsOf(convolutionInfo(call, shape, filter.shape));
    const [batch, , , channels] = dy.shape as [number, number, number, number];
    // tf.conv2dTranspose may be given more than the windows, which tfjs does not read.
    const read = to.slice(dy, [0, 0, 0, 0], [batch, windows[0].count, windows[1].count, channels]);
    const spread = spreadOut(to, read, windows);
    const turned = to.transpose(to.one('Reverse', [filter], { dims: [0, 1] }), [0, 1, 3, 2]);
    const around = (axis: Windows[number], i: number) => {
      const count = shape[1 + i]!;
      const before = axis.size - 1 - axis.before;
      return { ...axis, stride: 1, before, after: count + axis.size - 1 - before - spread.shape[1 + i]!, count };
    };
    const image = convolve(to, spread, turned, [around(windows[0], 0), around(windows[1], 1)]);
    return fromChannelsLast(call, image);
  },
};
