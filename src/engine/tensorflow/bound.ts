// A function with names: arrays in by name, arrays out by name, and the variables that it reads and writes bound to it.
import type { HostArray, TensorSpec } from '../../trace/graph.js';
import { TfFunction } from './function.js';
import { type Context, type Handle, TensorHandle } from './native/index.js';
import { assignVariable, readVariable, type Variable } from './variable.js';
import { GraphWriter, type Manner, type Ref } from './writer.js';

export type Arrays = Readonly<Record<string, HostArray>>;

/** What a function is given: numbers, or tensors that TensorFlow holds already. */
export type Given = Readonly<Record<string, HostArray | TensorHandle>>;

interface Fed {
  readonly name: string;
  readonly spec: TensorSpec;
  readonly ref: Ref;
}

interface Held {
  readonly resource: Ref;
  /** Its numbers, once something reads them. */
  value?: Ref;
}

/** Writes one. */
export class BoundWriter {
  readonly tf: GraphWriter;
  private readonly fed: Fed[] = [];
  private readonly held = new Map<Variable, Held>();
  private readonly outputs: Fed[] = [];
  private readonly controls: Ref[] = [];

  constructor(
    private readonly context: Context,
    private readonly name: string,
    manner: Manner,
    private readonly device?: string | undefined,
  ) {
    this.tf = new GraphWriter(context.library, manner);
  }

  /** An input that each run is given. */
  input(name: string, spec: TensorSpec): Ref {
    const ref = this.tf.placeholder(spec.dtype, spec.shape);
    this.fed.push({ name, spec, ref });
    return ref;
  }

  /** A variable's numbers as they are when a run begins. */
  read(variable: Variable): Ref {
    const held = this.hold(variable);
    held.value ??= readVariable(this.tf, held.resource, variable.shape);
    return held.value;
  }

  /** The variable itself, for operations that write it in place; they must be among the controls (`change`). */
  resource(variable: Variable): Ref {
    return this.hold(variable).resource;
  }

  /** Operations that run though nothing reads them. */
  change(operation: Ref): void {
    this.controls.push(operation);
  }

  /** What a variable holds after the run. */
  assign(variable: Variable, value: Ref): void {
    this.controls.push(assignVariable(this.tf, this.hold(variable).resource, value));
  }

  output(name: string, spec: TensorSpec, ref: Ref): void {
    this.outputs.push({ name, spec, ref });
  }

  finish(): BoundFunction {
    const { context, tf, name, controls } = this;
    const held = [...this.held];
    const native = TfFunction.register(context, tf, {
      name,
      inputs: [...this.fed.map(({ ref }) => ref), ...held.map(([, { resource }]) => resource)],
      outputs: this.outputs.map(({ ref }) => ref),
      controls,
      ...(this.device !== undefined && { device: this.device }),
    });
    const resources = held.map(([variable]) => variable.resource);
    return new BoundFunction(context, native, this.fed, this.outputs, resources);
  }

  private hold(variable: Variable): Held {
    const known = this.held.get(variable);
    if (known) return known;
    const held: Held = { resource: this.tf.placeholder('resource', []) };
    this.held.set(variable, held);
    return held;
  }
}

export class BoundFunction {
  /** Made by `BoundWriter.finish`. */
  constructor(
    private readonly context: Context,
    private readonly native: TfFunction,
    private readonly inputs: readonly Omit<Fed, 'ref'>[],
    private readonly outputs: readonly Omit<Fed, 'ref'>[],
    private readonly resources: readonly Handle[],
  ) {}

  /** In its context. */
  get name(): string {
    return this.native.name;
  }

  /** Runs once, aside; every input must be fed with as many numbers as it has. */
  async run(arrays: Arrays): Promise<Record<string, HostArray>> {
    const given = this.given(arrays);
    try {
      return this.take(await this.native.run([...given, ...this.resources]));
    } finally {
      for (const handle of given) handle.dispose();
    }
  }

  /** As `run`; the outputs stay with TensorFlow and are the caller's to dispose, in the order in which they were written. */
  async runToHandles(inputs: Given): Promise<TensorHandle[]> {
    const { library } = this.context;
    const made: TensorHandle[] = [];
    try {
      const handles = this.inputs.map(({ name, spec }) => {
        const value = inputs[name]!;
        if (value instanceof TensorHandle) return value;
        const handle = TensorHandle.from(library, value, spec.shape, spec.dtype);
        made.push(handle);
        return handle;
      });
      return await this.native.run([...handles, ...this.resources]);
    } finally {
      for (const handle of made) handle.dispose();
    }
  }

  dispose(): void {
    this.native.dispose();
  }

  private given(arrays: Arrays): TensorHandle[] {
    const { library } = this.context;
    return this.inputs.map(({ name, spec }) => TensorHandle.from(library, arrays[name]!, spec.shape, spec.dtype));
  }

  private take(results: readonly TensorHandle[]): Record<string, HostArray> {
    try {
      return Object.fromEntries(this.outputs.map(({ name, spec }, i) => [name, results[i]!.read(spec.dtype)]));
    } finally {
      for (const handle of results) handle.dispose();
    }
  }
}
