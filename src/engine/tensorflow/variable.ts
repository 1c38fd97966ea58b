// A resource variable: an array that stays with TensorFlow, is read by functions and written in place by them.
import { sizeOf } from '../../trace/graph.js';
import { type Context, type Handle, TensorHandle } from './native/index.js';
import type { GraphWriter, Ref } from './writer.js';

const float = { dtype: { type: 'float32' } } as const;

/** Names are a context's own; one counter for all keeps them apart. */
let count = 0;

export class Variable {
  private constructor(
    private readonly context: Context,
    /** What functions take. */
    readonly resource: Handle,
    readonly shape: readonly number[],
  ) {}

  /** Zeros. */
  static zeros(context: Context, shape: readonly number[], device?: string): Variable {
    const attributes = { ...float, shape: { shape }, container: '', shared_name: `variable ${count++}` };
    const [resource] = context.execute('VarHandleOp', { inputs: [], attributes, outputs: 1, device });
    const variable = new Variable(context, resource!, shape);
    const { library } = context;
    const dims = TensorHandle.from(library, Int32Array.from(shape), [shape.length], 'int32');
    const zero = TensorHandle.from(library, new Float32Array(1), [], 'float32');
    const [zeros] = context.execute('Fill', { inputs: [dims, zero], outputs: 1, device });
    variable.assign(zeros!);
    for (const handle of [dims, zero, zeros!]) handle.dispose();
    return variable;
  }

  /** A copy of its numbers. */
  read(): Float32Array {
    const [value] = this.context.execute('ReadVariableOp', { inputs: [this.resource], attributes: float, outputs: 1 });
    try {
      return value!.read('float32') as Float32Array;
    } finally {
      value!.dispose();
    }
  }

  /** Copies numbers in; as many as it has. */
  write(data: Float32Array): void {
    if (data.length !== sizeOf(this.shape)) throw new Error(`${data.length} numbers for a variable of [${this.shape}]`);
    const value = TensorHandle.from(this.context.library, data, this.shape, 'float32');
    this.assign(value);
    value.dispose();
  }

  dispose(): void {
    if (this.resource.disposed) return;
    if (!this.context.disposed)
      this.context.execute('DestroyResourceOp', {
        inputs: [this.resource],
        attributes: { ignore_lookup_error: true },
        outputs: 0,
      });
    this.resource.dispose();
  }

  private assign(value: TensorHandle): void {
    this.context.execute('AssignVariableOp', { inputs: [this.resource, value], attributes: float, outputs: 0 });
  }
}

/** In a function: the numbers of a variable given as a resource, which carries no shape there. */
export function readVariable(writer: GraphWriter, resource: Ref, shape: readonly number[]): Ref {
  const value = writer.op('ReadVariableOp', [resource], float);
  writer.setShape(value, shape);
  return value;
}

/** In a function: writes a variable; the operation must be among its controls. */
export function assignVariable(writer: GraphWriter, resource: Ref, value: Ref): Ref {
  return writer.op('AssignVariableOp', [resource, value], float);
}
