// Pooling of images over windows.
import type { Value } from '../graph.js';
import { type Call, input, type Rules } from './rule.js';
import { places, placesBack, poolInfo, sumOf, type Windows, windowsOf } from './windows.js';

/** tfjs' CPU kernels give the image itself then, whatever the padding. */
function isIdentity({ filterHeight, filterWidth, inShape, outShape }: ReturnType<typeof poolInfo>): boolean {
  return filterHeight === 1 && filterWidth === 1 && inShape.join() === outShape.join();
}

/** 1 / the number of places of each window that lie in the image, [1, outHeight, outWidth, 1]. */
function shares(call: Call, x: Value, windows: Windows): Value {
  const { to } = call;
  const ones = to.filled(1, [1, x.shape[1]!, x.shape[2]!, 1], 'float32');
  return to.one('Reciprocal', [sumOf(to, places(to, ones, windows, 0))]);
}

export const poolingRules: Rules = {
  MaxPool: (call) => {
    const x = call.to.cast(input(call, 'x'), 'float32');
    const info = poolInfo(call, x);
    if (isIdentity(info)) return input(call, 'x');
    const [first, ...rest] = places(call.to, x, windowsOf(info), Number.NEGATIVE_INFINITY);
    const largest = rest.reduce((a, b) => call.to.one('Maximum', [a, b]), first!);
    return call.to.cast(largest, input(call, 'x').dtype);
  },
  // To the first of the largest in each window.
  MaxPoolGrad: (call) => {
    const { to } = call;
    const [dy, x, y] = [input(call, 'dy'), input(call, 'input'), input(call, 'output')];
    const windows = windowsOf(poolInfo(call, x));
    let free: Value | undefined;
    const parts = places(to, x, windows, Number.NEGATIVE_INFINITY).map((place) => {
      const largest = to.one('Equal', [place, y]);
      const chosen = free ? to.one('LogicalAnd', [largest, free]) : largest;
      const others = to.one('LogicalNot', [largest]);
      free = free ? to.one('LogicalAnd', [free, others]) : others;
      return to.one('Select', [chosen, dy, to.scalar(0, 'float32')]);
    });
    return placesBack(to, parts, x.shape, windows);
  },
  AvgPool: (call) => {
    const { to } = call;
    const x = to.cast(input(call, 'x'), 'float32');
    const info = poolInfo(call, x);
    if (isIdentity(info)) return x;
    const windows = windowsOf(info);
    return to.one('Multiply', [sumOf(to, places(to, x, windows, 0)), shares(call, x, windows)]);
  },
  // As tfjs' CPU kernel: each window's gradient is shared by all its places, those outside the image too.
  AvgPoolGrad: (call) => {
    const { to } = call;
    const [dy, x] = [input(call, 'dy'), input(call, 'input')];
    const windows = windowsOf(poolInfo(call, x, false));
    const count = windows[0].size * windows[1].size;
    const share = to.one('Multiply', [dy, to.scalar(1 / count, 'float32')]);
    return placesBack(to, Array<Value>(count).fill(share), x.shape, windows);
  },
};
