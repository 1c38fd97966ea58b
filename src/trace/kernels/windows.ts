// Windows that slide over images, out of slices and pads: what convolution and pooling are made of here. Images are
// [N, H, W, C].
import * as tf from '../../tf.js';
import type { Emitter } from '../emitter.js';
import type { Value } from '../graph.js';
import type { Call } from './rule.js';

/** Of one axis of an image. */
interface Axis {
  /** Places in the window, `dilation` apart. */
  readonly size: number;
  readonly stride: number;
  readonly dilation: number;
  /** Added before and after; negative: cut off. */
  readonly before: number;
  readonly after: number;
  /** How many windows there are. */
  readonly count: number;
}

/** How windows slide over height and width. */
export type Windows = readonly [Axis, Axis];

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Windows as tfjs computed them. Where it rounds their number up, the last ones reach beyond the image. */
export function windowsOf(info: Info): Windows {
  const { top, bottom, left, right } = info.padInfo;
  const axis = (size: number, stride: number, dilation: number, before: number, after: number) => {
    return (length: number, count: number): Axis => {
      const end = (count - 1) * stride + (size - 1) * dilation + 1;
      return { size, stride, dilation, before, after: Math.max(after, end - before - length), count };
    };
  };
  return [
    axis(info.filterHeight, info.strideHeight, info.dilationHeight, top, bottom)(info.inHeight, info.outHeight),
    axis(info.filterWidth, info.strideWidth, info.dilationWidth, left, right)(info.inWidth, info.outWidth),
  ];
}

type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];
type Pair = [number, number] | number;

export function poolInfo({ attrs }: Call, x: Value, rounding = true): Info {
  const mode = rounding ? (attrs['dimRoundingMode'] as 'floor' | undefined) : undefined;
  const shape = [...x.shape] as [number, number, number, number];
  const { filterSize, strides, pad } = attrs as { filterSize: Pair; strides: Pair; pad: Pad };
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, mode);
}

export function convolutionInfo(
  { attrs }: Call,
  x: readonly number[],
  filter: readonly number[],
  depthwise = false,
): Info {
  const { strides, dilations } = attrs as { strides: Pair; dilations?: Pair };
  const mode = attrs['dimRoundingMode'] as 'floor' | undefined;
  type Shape = [number, number, number, number];
  const shapes = [[...x] as Shape, [...filter] as Shape] as const;
  return tf.backend_util.computeConv2DInfo(...shapes, strides, dilations ?? 1, padOf(attrs), mode, depthwise);
}

const firstToLast = [0, 2, 3, 1];
const lastToFirst = [0, 3, 1, 2];

const channelsFirst = ({ attrs }: Call): boolean => attrs['dataFormat'] === 'NCHW';

/** Images as [N, H, W, C], whatever the call's data format. */
export function toChannelsLast(call: Call, x: Value): Value {
  return channelsFirst(call) ? call.to.transpose(x, firstToLast) : x;
}

/** Images [N, H, W, C] in the call's data format. */
export function fromChannelsLast(call: Call, x: Value): Value {
  return channelsFirst(call) ? call.to.transpose(x, lastToFirst) : x;
}

/** A shape in the call's data format as [N, H, W, C]. */
export function shapeChannelsLast(call: Call, shape: readonly number[]): number[] {
  return channelsFirst(call) ? firstToLast.map((axis) => shape[axis]!) : [...shape];
}

/** The call's padding for [N, H, W, C]. */
function padOf(attrs: Call['attrs']): Pad {
  const { pad, dataFormat } = attrs as { pad: Pad; dataFormat?: string };
  return Array.isArray(pad) && dataFormat === 'NCHW' ? (firstToLast.map((axis) => pad[axis]!) as Pad) : pad;
}

/** x with a number around height and width, as the windows ask for. */
function padded(to: Emitter, x: Value, [rows, columns]: Windows, constantValue: number): Value {
  const cut = [rows, columns].map(({ before, after }) => [Math.max(0, -before), Math.max(0, -after)] as const);
  const begin = [0, cut[0]![0], cut[1]![0], 0];
  const size = x.shape.map((length, axis) => length - (cut[axis - 1]?.[0] ?? 0) - (cut[axis - 1]?.[1] ?? 0));
  const inner = to.slice(x, begin, size);
  const before = [0, Math.max(0, rows.before), Math.max(0, columns.before), 0];
  const after = [0, Math.max(0, rows.after), Math.max(0, columns.after), 0];
  if ([...before, ...after].every((count) => count === 0)) return inner;
  return to.one('PadV2', [inner], { before, after, constantValue });
}

/** Every place in the windows, row by row: its element of each window, [N, outHeight, outWidth, C]. */
export function places(to: Emitter, x: Value, windows: Windows, outside: number): Value[] {
  const image = padded(to, x, windows, outside);
  const [rows, columns] = windows;
  return offsets(rows).flatMap((row) =>
    offsets(columns).map((column) => {
      const begin = [0, row, column, 0];
      const last = (axis: number) => begin[axis]! + (windows[axis - 1]!.count - 1) * windows[axis - 1]!.stride + 1;
      const end = [image.shape[0]!, last(1), last(2), image.shape[3]!];
      if (windows.every(({ stride }) => stride === 1))
        return to.slice(
          image,
          begin,
          end.map((stop, axis) => stop - begin[axis]!),
        );
      return to.one('StridedSlice', [image], { begin, end, strides: [1, rows.stride, columns.stride, 1] });
    }),
  );
}

/** The reverse of `places`: adds each place's values [N, outHeight, outWidth, C] up where they came from. */
export function placesBack(to: Emitter, values: readonly Value[], shape: readonly number[], windows: Windows): Value {
  const [rows, columns] = windows;
  const whole = windows.map(({ before, after }, i) => shape[1 + i]! + before + after);
  const all = offsets(rows).flatMap((row) => offsets(columns).map((column) => [row, column] as const));
  const laid = all.map(([row, column], i) => {
    const spread = spreadOut(to, values[i]!, windows);
    const after = [0, whole[0]! - row - spread.shape[1]!, whole[1]! - column - spread.shape[2]!, 0];
    if (row + column + after[1]! + after[2]! === 0) return spread;
    return to.one('PadV2', [spread], { before: [0, row, column, 0], after, constantValue: 0 });
  });
  return to.slice(sumOf(to, laid), [0, rows.before, columns.before, 0], [...shape]);
}

/** The sum of one or more values of one shape. */
export function sumOf(to: Emitter, values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : to.one('AddN', values);
}

/** Zeros between the elements: stride - 1 of them. */
export function spreadOut(to: Emitter, x: Value, [rows, columns]: Windows): Value {
  if (rows.stride === 1 && columns.stride === 1) return x;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const apart = to.reshape(x, [batch, height, 1, width, 1, channels]);
  const after = [0, 0, rows.stride - 1, 0, columns.stride - 1, 0];
  const wide = to.one('PadV2', [apart], { before: after.map(() => 0), after, constantValue: 0 });
  const joined = to.reshape(wide, [batch, height * rows.stride, width * columns.stride, channels]);
  const size = [batch, (height - 1) * rows.stride + 1, (width - 1) * columns.stride + 1, channels];
  return to.slice(joined, [0, 0, 0, 0], size);
}

/** From a window's first place to each. */
function offsets({ size, dilation }: Axis): number[] {
  return Array.from({ length: size }, (_, i) => i * dilation);
}
