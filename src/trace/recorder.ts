// Records tfjs kernels into a graph. It knows which tensors are symbolic by their data ids; a tensor it does not know
// is concrete and becomes a constant when a recorded operation uses it. Recorders stack up: the body of a composite is
// recorded by one of its own.
import { GptError } from '../errors.js';
import * as tf from '../tf.js';
import { GraphBuilder } from './builder.js';
import { Emitter, hostArray } from './emitter.js';
import type { Attributes, DType, Graph, TensorSpec, Value } from './graph.js';
import { dataDependentKernels, insteadOf, kernelRules, randomKernels } from './kernels/index.js';
import { definePrimitive, type PrimitiveRun } from './primitives.js';
import { engineInternals, whoAsks } from './scope.js';

type DataId = object;
type KernelInputs = tf.NamedTensorInfoMap | (tf.TensorInfo | undefined)[];

/** A constant of this many equal numbers is kept as one number and a broadcast. */
const uniformFrom = 16;

const stack: Recorder[] = [];

/** The innermost recorder of the trace under way; undefined outside a trace. */
export function activeRecorder(): Recorder | undefined {
  return stack.at(-1);
}

export class Recorder {
  readonly builder: GraphBuilder;
  private readonly to: Emitter;
  private readonly values = new WeakMap<DataId, Value>();
  private readonly constants = new WeakMap<DataId, Map<string, Value>>();
  /** What made a value, by id. */
  private readonly makers = new Map<number, string>();
  /** Bodies of composites met in this trace: equal operations have equal ones. */
  private readonly bodies: Map<string, Graph>;
  private failure: unknown;

  /**
   * @param foreign data ids of the tf.Variables that are not inputs of the step: using one is an error
   * @param outer the recorder around this one, whose values are out of reach
   */
  constructor(
    readonly name: string,
    private readonly foreign: ReadonlyMap<DataId, string>,
    private readonly outer?: Recorder,
  ) {
    this.builder = new GraphBuilder(name);
    this.to = new Emitter(this.builder);
    this.bodies = outer?.bodies ?? new Map();
  }

  /** Runs `f` with this recorder active. */
  during<T>(f: () => T): T {
    stack.push(this);
    try {
      return f();
    } finally {
      stack.pop();
    }
  }

  /** A new input of the graph, as a tensor that takes no memory. */
  inputTensor(name: string, spec: TensorSpec): tf.Tensor {
    return this.tensor(this.remember(this.builder.input(name, spec), name));
  }

  /** Makes an existing tensor (a variable) stand for an input of the graph. */
  bindInput(name: string, tensor: tf.Tensor): void {
    this.values.set(tensor.dataId, this.remember(this.builder.input(name, specOf(tensor)), name));
  }

  /** What a symbolic tensor of this trace or of one around it was made by; undefined for a concrete one. */
  makerOf(dataId: DataId): string | undefined {
    const value = this.values.get(dataId);
    return value ? (this.makers.get(value.id) ?? 'a constant') : this.outer?.makerOf(dataId);
  }

  /** The value of a tensor in this graph: its own if it is symbolic, else a constant. */
  valueOf(tensor: tf.TensorInfo): Value {
    const value = this.values.get(tensor.dataId);
    if (value) return value;
    this.refuseForeign(tensor);
    return this.constantOf(tensor);
  }

  /** Takes a kernel call: records it if an input is symbolic, else runs it. */
  kernel(kernel: string, inputs: KernelInputs, attrs: object, run: () => tf.TensorInfo | tf.TensorInfo[]) {
    if (randomKernels.has(kernel)) throw randomness(`tf.${kernel.toLowerCase()}`);
    const given = Object.entries(inputs).filter((entry): entry is [string, tf.TensorInfo] => isTensor(entry[1]));
    for (const [, tensor] of given) this.refuseForeign(tensor);
    if (!given.some(([, tensor]) => this.values.has(tensor.dataId))) return run();

    const rule = Object.hasOwn(kernelRules, kernel) ? kernelRules[kernel] : undefined;
    if (!rule) throw this.untraceable(kernel);
    for (const [name, tensor] of given) demandDType(kernel, name, tensor.dtype);
    const values = given.map(([name, tensor]) => [name, this.valueOf(tensor)] as const);
    const list = values.map(([, value]) => value);
    const result = rule({ kernel, inputs: Object.fromEntries(values), list, attrs: { ...attrs }, to: this.to });
    return Array.isArray(result)
      ? result.map((value) => this.info(this.remember(value, kernel)))
      : this.info(this.remember(result, kernel));
  }

  /** See `composite()`. Undefined where the plain definition must run: nothing is symbolic, or tfjs' tape is on. */
  composite(
    op: string,
    inputs: readonly tf.Tensor[],
    attributes: Attributes,
    plain: (...inputs: tf.Tensor[]) => tf.Tensor[],
  ): tf.Tensor[] | undefined {
    // tfjs differentiates only kernels that it sees: outside of a custom gradient the definition runs in the open.
    if (!this.anySymbolic(inputs) || engineInternals().isTapeOn()) return undefined;
    const values = inputs.map((input) => this.valueOf(input));
    const key = JSON.stringify([op, attributes, values.map(({ shape, dtype }) => [shape, dtype])]);
    const body = this.bodies.get(key) ?? this.bodyOf(op, values, plain);
    this.bodies.set(key, body);
    const specs = body.outputs.map(({ value }) => value);
    return this.builder.add(op, values, attributes, specs, body).map((value) => this.tensor(this.remember(value, op)));
  }

  /** See `primitive()`. Undefined when nothing is symbolic. */
  primitive(
    op: string,
    inputs: readonly tf.Tensor[],
    attributes: Attributes,
    outputs: readonly TensorSpec[],
    run: PrimitiveRun,
  ): tf.Tensor[] | undefined {
    if (!this.anySymbolic(inputs)) return undefined;
    const values = inputs.map((input) => this.valueOf(input));
    definePrimitive({ op, inputs: values, attributes, outputs }, run);
    return this.builder.add(op, values, attributes, outputs).map((value) => this.tensor(this.remember(value, op)));
  }

  /** Keeps the first error that could not be thrown where it happened; `rethrow` does it. Always true. */
  fail(error: unknown): true {
    this.failure ??= error;
    return true;
  }

  rethrow(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  /** A scalar zero, broadcast: the gradient of what the loss does not depend on. */
  zeros(spec: TensorSpec): Value {
    return this.to.filled(0, spec.shape, spec.dtype);
  }

  private anySymbolic(inputs: readonly tf.Tensor[]): boolean {
    for (const tensor of inputs) this.refuseForeign(tensor);
    return inputs.some((tensor) => this.values.has(tensor.dataId));
  }

  private bodyOf(op: string, inputs: readonly Value[], plain: (...inputs: tf.Tensor[]) => tf.Tensor[]): Graph {
    const inner = new Recorder(op, this.foreign, this);
    tf.engine().startScope();
    try {
      inner.during(() => {
        const tensors = inputs.map((value, index) => inner.inputTensor(`input${index}`, value));
        plain(...tensors).forEach((tensor, index) => {
          inner.builder.output(`output${index}`, inner.valueOf(tensor));
        });
      });
    } finally {
      tf.engine().endScope();
    }
    return inner.builder.build();
  }

  private constantOf(tensor: tf.TensorInfo): Value {
    let known = this.constants.get(tensor.dataId);
    if (!known) {
      known = new Map();
      this.constants.set(tensor.dataId, known);
    }
    // Tensors of other shapes and dtypes may share the numbers.
    const key = `${tensor.dtype}[${tensor.shape}]`;
    let value = known.get(key);
    if (!value) {
      const { shape, dtype } = specOf(tensor);
      const numbers = tf.engine().readSync(tensor.dataId) as Float32Array;
      const uniform = numbers.length >= uniformFrom && numbers.every((number) => number === numbers[0]);
      value = uniform
        ? this.to.filled(hostArray([numbers[0]!], dtype)[0]!, shape, dtype)
        : this.builder.constant(hostArray(numbers, dtype), shape, dtype);
      known.set(key, value);
    }
    return value;
  }

  private remember(value: Value, maker: string): Value {
    if (!this.makers.has(value.id)) this.makers.set(value.id, maker);
    return value;
  }

  /** A tensor's description with a data id of its own and no numbers behind it. */
  private info(value: Value): tf.TensorInfo {
    const info = placeholderInfo(value);
    this.values.set(info.dataId, value);
    return info;
  }

  private tensor(value: Value): tf.Tensor {
    return engineInternals().makeTensorFromTensorInfo(this.info(value), tf.backend());
  }

  private refuseForeign(tensor: tf.TensorInfo): void {
    const variable = this.foreign.get(tensor.dataId);
    if (variable !== undefined)
      throw new GptError('trace/variable', `${whoAsks()} reads variable ${variable}, which is not one of the step's`, {
        hint: 'add it to `variables` of the StepFunction, or pass a tensor if it never changes',
      });
    if (!this.values.has(tensor.dataId) && this.outer?.makerOf(tensor.dataId) !== undefined)
      throw new GptError(
        'trace/capture',
        `the body of ${this.name} uses a traced tensor that is not one of its inputs`,
        {
          hint: 'give it to composite() as an input',
        },
      );
  }

  private untraceable(kernel: string): GptError {
    if (dataDependentKernels.has(kernel))
      return new GptError('trace/data-dependent', `the shape that tf.${kernel} gives depends on values`, {
        hint: 'a traced step has static shapes: compute it outside the step, or mask instead of selecting',
      });
    return new GptError('trace/kernel', `tfjs kernel ${kernel} (in ${whoAsks()}) has no rule for tracing`, {
      hint: `${insteadOf[kernel] ?? 'write it with other tfjs operations'}, or compute it outside`,
    });
  }
}

/** What randomness drawn in JavaScript inside a trace throws. */
export function randomness(source: string): GptError {
  return new GptError('trace/random', `${source} draws random numbers in JavaScript, which a trace would freeze`, {
    hint: 'draw them outside and pass them in, or use a seeded primitive with the step number as an input',
  });
}

/** A description of a tensor that takes no memory on the active backend. Reading it is an error. */
export function placeholderInfo(spec: TensorSpec): tf.TensorInfo {
  const shape = [...spec.shape];
  const dataId = tf.backend().write(undefined as unknown as Float32Array, shape, spec.dtype);
  return { dataId, shape, dtype: spec.dtype };
}

function isTensor(value: unknown): value is tf.TensorInfo {
  return typeof value === 'object' && value !== null && 'dataId' in value;
}

function demandDType(kernel: string, name: string, dtype: tf.DataType): asserts dtype is DType {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool')
    throw new GptError('trace/dtype', `input ${name} of ${kernel} is ${dtype}; a graph holds float32, int32 and bool`);
}

function specOf(tensor: tf.TensorInfo): TensorSpec {
  demandDType('a trace', 'tensor', tensor.dtype);
  return { shape: tensor.shape, dtype: tensor.dtype };
}
