// Windows that slide over images, out of slices and pads: what convolution and pooling are made of here. Images are
// [N, H, W, C].
import { GptError } from '../../errors.js';
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
}

/** How windows slide over height and width. */
export type Windows = readonly [Axis, Axis];

type Info = ReturnType<typeof tf.backend_util.computeConv2DInfo>;

/** Windows as tfjs computed them. */
export function windowsOf(info: Info): Windows {
  const { top, bottom, left, right } = info.padInfo;
  return [
    {
      size: info.filterHeight,
      stride: info.strideHeight,
      dilation: info.dilationHeight,
      before: top,
      after: bottom,
    },
    { size: info.filterWidth, stride: info.strideWidth, dilation: info.dilationWidth, before: left, after: right },
  ];
}

type Pad = Parameters<typeof tf.backend_util.computePool2DInfo>[4];
type Pair = [number, number] | number;

export function poolInfo({ attrs, kernel }: Call, x: Value, rounding = true): Info {
  channelsLast(kernel, attrs['dataFormat']);
  const mode = rounding ? (attrs['dimRoundingMode'] as 'floor' | undefined) : undefined;
  const shape = [...x.shape] as [number, number, number, number];
  const { filterSize, strides, pad } = attrs as { filterSize: Pair; strides: Pair; pad: Pad };
  return tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad, mode);
}

export function convolutionInfo(
  { attrs, kernel }: Call,
  x: readonly number[],
  filter: readonly number[],
  depthwise = false,
): Info {
  channelsLast(kernel, attrs['dataFormat']);
  const { strides, pad, dilations } = attrs as { strides: Pair; pad: Pad; dilations?: Pair };
  const mode = attrs['dimRoundingMode'] as 'floor' | undefined;
  type Shape = [number, number, number, number];
  const shapes = [[...x] as Shape, [...filter] as Shape] as const;
  return tf.backend_util.computeConv2DInfo(...shapes, strides, dilations ?? 1, pad, mode, depthwise);
}

function channelsLast(kernel: string, format: unknown): void {
  if ((format ?? 'NHWC') === 'NHWC') return;
  throw new GptError('trace/kernel', `${kernel} with data format ${format} cannot be traced`, {
    hint: 'transpose to NHWC and back',
  });
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
  const counts = windows.map((axis, i) => outLength(image.shape[1 + i]!, axis));
  return offsets(rows).flatMap((row) =>
    offsets(columns).map((column) => {
      const begin = [0, row, column, 0];
      const last = (axis: number) => begin[axis]! + (counts[axis - 1]! - 1) * windows[axis - 1]!.stride + 1;
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

/** How many windows fit. */
function outLength(length: number, { size, dilation, stride }: Axis): number {
  return Math.floor((length - (size - 1) * dilation - 1) / stride) + 1;
}
