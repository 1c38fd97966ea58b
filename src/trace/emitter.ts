// Adds operations of the vocabulary to a graph under construction: shapes inferred, nothing added that changes nothing.
// The kernel rules and the passes both write through it.
import type { GraphBuilder } from './builder.js';
import type { Attributes, DType, HostArray, Value } from './graph.js';
import { sizeOf } from './graph.js';
import { type Shape, sameShape } from './shapes.js';
import { inferOutputs } from './vocabulary/index.js';

export class Emitter {
  private readonly scalars = new Map<string, Value>();

  constructor(readonly builder: GraphBuilder) {}

  /** Adds an operation of the vocabulary; gives all its outputs. Throws as `inferOutputs` does. */
  all(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value[] {
    return this.builder.add(op, inputs, attributes, inferOutputs(op, inputs, attributes));
  }

  /** Adds an operation of the vocabulary; gives its first output. */
  one(op: string, inputs: readonly Value[], attributes: Attributes = {}): Value {
    return this.all(op, inputs, attributes)[0]!;
  }

  /** A constant of shape []; one for each number and dtype. */
  scalar(number: number, dtype: DType): Value {
    const key = `${dtype}:${Object.is(number, -0) ? '-0' : number}`;
    let value = this.scalars.get(key);
    if (!value) {
      value = this.builder.constant(hostArray([number], dtype), [], dtype);
      this.scalars.set(key, value);
    }
    return value;
  }

  /** `shape` filled with one number: a scalar, broadcast. */
  filled(number: number, shape: Shape, dtype: DType): Value {
    return this.broadcastTo(this.scalar(number, dtype), shape);
  }

  cast(value: Value, dtype: DType): Value {
    return value.dtype === dtype ? value : this.one('Cast', [value], { dtype });
  }

  reshape(value: Value, shape: Shape): Value {
    return sameShape(value.shape, shape) ? value : this.one('Reshape', [value], { shape });
  }

  broadcastTo(value: Value, shape: Shape): Value {
    return sameShape(value.shape, shape) ? value : this.one('BroadcastTo', [value], { shape });
  }

  transpose(value: Value, perm: readonly number[]): Value {
    if (perm.every((axis, index) => axis === index)) return value;
    // Moving axes of size 1 leaves the order of the numbers: a reshape is cheaper.
    const moved = perm.filter((axis) => value.shape[axis] !== 1);
    const shape = perm.map((axis) => value.shape[axis]!);
    if (moved.every((axis, index) => index === 0 || axis > moved[index - 1]!)) return this.reshape(value, shape);
    return this.one('Transpose', [value], { perm });
  }

  slice(value: Value, begin: readonly number[], size: readonly number[]): Value {
    return sameShape(size, value.shape) ? value : this.one('Slice', [value], { begin, size });
  }

  concat(values: readonly Value[], axis: number): Value {
    const full = values.filter((value) => sizeOf(value.shape) > 0);
    if (full.length === 1 && values.every((value) => value === full[0] || value.shape[axis] === 0)) return full[0]!;
    return this.one('Concat', full.length > 0 ? full : values, { axis });
  }
}

/** The numbers as the array that holds a dtype; floats go to integers toward zero. Always a copy. */
export function hostArray(numbers: ArrayLike<number>, dtype: DType): HostArray {
  if (dtype === 'float32') return Float32Array.from(numbers);
  return dtype === 'int32' ? Int32Array.from(numbers) : Uint8Array.from(numbers, (x) => (x ? 1 : 0));
}
