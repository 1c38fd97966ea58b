// A TF_Graph under construction: operations by name, their attributes, constants once each. Knows no operation of ours.
import type { DType, HostArray } from '../../trace/graph.js';
import type { Precision } from '../names.js';
import {
  checked,
  Handle,
  type Library,
  type OpAttribute,
  type Pointer,
  setAttribute,
  type TF_Output,
  type TfType,
  typeNumbers,
  withTensor,
} from './native/index.js';

/** A value in the graph. */
export type Ref = TF_Output;

/** How a function is to be run: compiled by XLA, or operation by operation. */
export type Mode = 'xla' | 'graph';

export interface Manner {
  readonly mode: Mode;
  readonly precision: Precision;
}

export interface Options {
  readonly attributes?: Readonly<Record<string, OpAttribute>>;
  /** Operations that must have run before. */
  readonly after?: readonly Ref[];
}

type Inputs = readonly (Ref | readonly Ref[])[];

export class GraphWriter extends Handle {
  private readonly constants = new Map<string, Ref>();
  private count = 0;

  constructor(
    private readonly library: Library,
    private current: Manner,
  ) {
    const { api } = library;
    super('graph', api.TF_NewGraph(), (pointer) => api.TF_DeleteGraph(pointer));
  }

  get manner(): Manner {
    return this.current;
  }

  /** Has `write` add its operations in this precision. */
  inPrecision<T>(precision: Precision, write: () => T): T {
    const before = this.current;
    this.current = { ...before, precision };
    try {
      return write();
    } finally {
      this.current = before;
    }
  }

  get nodeCount(): number {
    return this.count;
  }

  /** Adds an operation; gives its first output. */
  op(type: string, inputs: Inputs, attributes: Readonly<Record<string, OpAttribute>> = {}): Ref {
    return this.add(type, inputs, { attributes });
  }

  /** Adds an operation; gives all of its outputs. */
  ops(type: string, inputs: Inputs, attributes: Readonly<Record<string, OpAttribute>> = {}): Ref[] {
    const { oper } = this.add(type, inputs, { attributes });
    return Array.from({ length: this.library.api.TF_OperationNumOutputs(oper) }, (_, index) => ({ oper, index }));
  }

  /** Adds an operation that may have to wait for others; gives its first output. */
  add(type: string, inputs: Inputs, { attributes = {}, after = [] }: Options = {}): Ref {
    const { api } = this.library;
    const description = api.TF_NewOperation(this.pointer, type, `${type}_${this.count++}`);
    for (const input of inputs) {
      if (isRef(input)) api.TF_AddInput(description, input);
      else api.TF_AddInputList(description, [...input], input.length);
    }
    for (const { oper } of after) api.TF_AddControlInput(description, oper);
    for (const [key, value] of Object.entries(attributes)) setAttribute(api, 'TF_SetAttr', description, key, value);
    return { oper: this.finish(type, description), index: 0 };
  }

  /** An input of the function that the graph becomes. */
  placeholder(type: TfType, shape: readonly number[]): Ref {
    return this.op('Placeholder', [], { dtype: { type }, shape: { shape: type === 'resource' ? [] : shape } });
  }

  /** Numbers that are known now; equal small ones are one. */
  constant(data: ArrayBufferView, type: TfType, shape: readonly number[]): Ref {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const key = bytes.length <= 256 ? `${type}[${shape}] ${bytes.toString('latin1')}` : undefined;
    const known = key === undefined ? undefined : this.constants.get(key);
    if (known) return known;
    const { api } = this.library;
    const description = api.TF_NewOperation(this.pointer, 'Const', `Const_${this.count++}`);
    api.TF_SetAttrType(description, 'dtype', typeNumbers[type]);
    withTensor(this.library, data, { shape, type: typeNumbers[type] }, (tensor) =>
      checked(api, 'set a constant', (status) => api.TF_SetAttrTensor(description, 'value', tensor, status)),
    );
    const ref = { oper: this.finish('Const', description), index: 0 };
    if (key !== undefined) this.constants.set(key, ref);
    return ref;
  }

  /** A constant of shape []. */
  scalar(value: number, type: DType | 'uint32' = 'float32'): Ref {
    return this.constant(arrayOf([value], type), type, []);
  }

  /** int32 [n]: axes, sizes, places. */
  ints(values: readonly number[]): Ref {
    return this.constant(Int32Array.from(values), 'int32', [values.length]);
  }

  cast(x: Ref, from: TfType, to: TfType): Ref {
    return from === to ? x : this.op('Cast', [x], { SrcT: { type: from }, DstT: { type: to } });
  }

  /** The same bits as another type. */
  bitcast(x: Ref, to: TfType): Ref {
    return this.op('Bitcast', [x], { type: { type: to } });
  }

  /** Tells a shape that TensorFlow cannot infer. */
  setShape(ref: Ref, shape: readonly number[]): void {
    const { api } = this.library;
    checked(api, 'set a shape', (status) =>
      api.TF_GraphSetTensorShape(this.pointer, ref, BigInt64Array.from(shape, BigInt), shape.length, status),
    );
  }

  /** The graph as a TF_Function, which the caller owns. `controls` run though nothing reads them. */
  toFunction(name: string, inputs: readonly Ref[], outputs: readonly Ref[], controls: readonly Ref[] = []): Handle {
    const { api } = this.library;
    const opers = controls.map(({ oper }) => oper);
    const counts = [outputs.length, outputs, null, opers.length, opers] as const;
    const native = checked(api, `make the function ${name}`, (status) =>
      api.TF_GraphToFunctionWithControlOutputs(
        this.pointer,
        name,
        0,
        -1,
        null,
        inputs.length,
        inputs,
        ...counts,
        null,
        null,
        null,
        status,
      ),
    );
    return new Handle('function', native, (pointer) => api.TF_DeleteFunction(pointer));
  }

  private finish(type: string, description: Pointer): Pointer {
    const { api } = this.library;
    const oper = checked(api, `add ${type}`, (status) => api.TF_FinishOperation(description, status));
    if (!oper) throw new Error(`TensorFlow gave no operation for ${type}`);
    return oper;
  }
}

function isRef(input: Ref | readonly Ref[]): input is Ref {
  return !Array.isArray(input);
}

function arrayOf(values: readonly number[], type: DType | 'uint32'): HostArray | Uint32Array {
  if (type === 'float32') return Float32Array.from(values);
  if (type === 'bool') return Uint8Array.from(values, (value) => (value ? 1 : 0));
  return type === 'uint32' ? Uint32Array.from(values) : Int32Array.from(values);
}
