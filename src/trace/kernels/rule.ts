// What a kernel rule is: a tfjs kernel call in, operations of the vocabulary out.
import { GptError } from '../../errors.js';
import type { Emitter } from '../emitter.js';
import type { DType, Value } from '../graph.js';

export interface Call {
  readonly kernel: string;
  /** By tfjs' names; an optional input that was not given is missing. */
  readonly inputs: Readonly<Record<string, Value>>;
  /** The same in order, for kernels that take a list. */
  readonly list: readonly Value[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly to: Emitter;
}

/** Records one call. Gives what the kernel returns: one value, or a list where tfjs expects a list. */
export type Rule = (call: Call) => Value | Value[];

export type Rules = Readonly<Record<string, Rule>>;

/** The same rule under several names; a rule finds its own in `call.kernel`. */
export function ruleFor(names: string, rule: Rule): Rules {
  return Object.fromEntries(names.split(' ').map((name) => [name, rule]));
}

export function input(call: Call, name: string): Value {
  const value = call.inputs[name];
  if (!value) throw new GptError('trace/kernel', `tfjs called ${call.kernel} without ${name}`);
  return value;
}

/** The wider of two dtypes, as tfjs orders them: bool, int32, float32. */
export function upcast(a: DType, b: DType): DType {
  return a === 'float32' || b === 'float32' ? 'float32' : a === 'int32' || b === 'int32' ? 'int32' : 'bool';
}

/** Runs a calculation on one input in `dtype` and hands its result back as `result` (the input's own by default). */
export function inDtype(
  { to }: Call,
  value: Value,
  dtype: DType,
  compute: (value: Value) => Value,
  result: DType = value.dtype,
): Value {
  return narrow(to, compute(to.cast(value, dtype)), result);
}

/** Casts; to bool as a cast of a typed array does it, through an integer. */
export function narrow(to: Emitter, value: Value, dtype: DType): Value {
  return dtype === 'bool' && value.dtype === 'float32'
    ? to.cast(to.cast(value, 'int32'), 'bool')
    : to.cast(value, dtype);
}
