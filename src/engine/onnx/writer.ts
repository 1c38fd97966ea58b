// Collects an ONNX graph: nodes, initializers (each number kept once) and names. Knows nothing of graphs of ours.
import {
  attributeMessage,
  type Dimension,
  type ElementType,
  elementType,
  encodeModel,
  externalTensor,
  type NodeMessage,
  type OnnxAttribute,
  type TensorMessage,
  valueInfo,
} from './proto.js';

/** Names a tensor of the ONNX graph being written. */
export type Name = string;
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

/** Standard operators of this version; onnxruntime's own ones under `microsoft`. */
const opset = 20;
/** The format's version that came with an operator set. */
const irVersions: Readonly<Record<number, number>> = { 20: 9, 21: 10 };
export const microsoft = 'com.microsoft';

export interface OnnxPort {
  readonly name: string;
  readonly type: ElementType;
  readonly shape: readonly Dimension[];
}

/** What the numbers of a constant can be given as. */
export type NumberType = Exclude<ElementType, 'float16'>;
/** Numbers that the file refers to; they stay where they are. */
export interface ExternalData {
  /** What the file calls their place. */
  readonly path: string;
  readonly data: Uint8Array;
}

/** Numbers that a model reads where they lie, at every run: an input besides those of the graph. */
export interface FedArray extends OnnxPort {
  readonly type: 'float32' | 'uint8';
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

/** Where a file says that numbers outside of it lie. */
export type Locate = (data: Uint8Array, name: string) => { readonly location: string; readonly offset: string };

export class OnnxWriter {
  /** What the file refers to. */
  readonly external: ExternalData[] = [];
  readonly fed: FedArray[] = [];
  private readonly nodes: NodeMessage[] = [];
  private readonly initializers: TensorMessage[] = [];
  private readonly known = new Map<string, Name>();
  private readonly onCpuNames: string[] = [];
  private pinning = false;
  private opset: 20 | 21 = opset;
  private count = 0;

  /**
   * @param lacks operators to do without, where their use is a choice
   * @param locate where numbers lie that are not copied into the file
   */
  constructor(
    readonly lacks: ReadonlySet<string> = new Set(),
    private readonly locate: Locate = (_data, name) => ({ location: name, offset: '0' }),
  ) {}

  /** Adds a node with one output and gives that. An input '' is absent. */
  op(opType: string, inputs: readonly Name[], attributes: OnnxAttributes = {}, domain = ''): Name {
    return this.ops(opType, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(opType: string, inputs: readonly Name[], outputs: number, attributes: OnnxAttributes = {}, domain = ''): Name[] {
    const output = Array.from({ length: outputs }, () => this.fresh());
    const attribute = Object.entries(attributes).map(([name, value]) => attributeMessage(name, value));
    const name = `n${this.nodes.length}`;
    if (this.pinning) this.onCpuNames.push(name);
    this.nodes.push({ opType, input: inputs, output, attribute, domain, name });
    return output;
  }

  /** As `op`, of an operator that is this way since operator set 21. */
  op21(opType: string, inputs: readonly Name[], attributes: OnnxAttributes = {}): Name {
    this.opset = 21;
    return this.op(opType, inputs, attributes);
  }

  /** Has the nodes written meanwhile computed on the CPU, whatever the device. */
  onCpu<T>(write: () => T): T {
    const before = this.pinning;
    this.pinning = true;
    try {
      return write();
    } finally {
      this.pinning = before;
    }
  }

  /** Names of the nodes written inside `onCpu`. */
  get cpuNodes(): readonly string[] {
    return this.onCpuNames;
  }

  /** Gives a value a name of the caller's, which must be new. */
  alias(value: Name, name: Name): void {
    const identity = { opType: 'Identity', input: [value], output: [name], attribute: [], domain: '' };
    this.nodes.push({ ...identity, name: `n${this.nodes.length}` });
  }

  cast(value: Name, to: ElementType): Name {
    return this.op('Cast', [value], { to: elementType[to] });
  }

  /** A scalar of shape []. */
  scalar(value: number, type: NumberType = 'float32'): Name {
    return this.shared(type, [], [value]);
  }

  /** One number of a shape of ones. */
  single(value: number, type: NumberType, shape: readonly number[]): Name {
    return this.shared(type, shape, [value]);
  }

  /** A vector of int64: axes, shapes, sizes. */
  int64s(values: readonly number[]): Name {
    return this.shared('int64', [values.length], values);
  }

  /** Numbers as they lie in memory. @param name of the caller's, which must be new */
  constant(data: Uint8Array, type: ElementType, shape: readonly number[], name: Name = this.fresh()): Name {
    this.initializers.push({ name, dims: shape, dataType: elementType[type], rawData: data });
    return name;
  }

  /** Numbers that are read where they lie, kept once under a key of the caller's: weights. */
  reference(key: string, data: Float32Array | Uint8Array, shape: readonly number[]): Name {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const name = this.fresh();
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const { location, offset } = this.locate(bytes, name);
    const dataType = elementType[data instanceof Float32Array ? 'float32' : 'uint8'];
    const place = { location, offset, length: String(bytes.byteLength) };
    this.initializers.push(externalTensor({ name, dims: shape, dataType }, place));
    this.external.push({ path: location, data: bytes });
    this.known.set(key, name);
    return name;
  }

  /** Numbers that are read where they lie at every run, under a key of the caller's: weights that do not belong to the model. */
  input(key: string, data: Float32Array | Uint8Array, shape: readonly number[]): Name {
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const name = this.fresh();
    this.fed.push({ name, data, shape, type: data instanceof Float32Array ? 'float32' : 'uint8' });
    this.known.set(key, name);
    return name;
  }

  /** Numbers that several nodes may use, kept once under a key of the caller's. */
  sharedConstant(key: string, data: Float32Array | Int32Array | Uint8Array, shape: readonly number[]): Name {
    const type = data instanceof Int32Array ? 'int32' : data instanceof Uint8Array ? 'uint8' : 'float32';
    const name = this.known.get(key) ?? this.constant(new Uint8Array(data.buffer), type, shape);
    this.known.set(key, name);
    return name;
  }

  /** The file's bytes. */
  finish(graphName: string, inputs: readonly OnnxPort[], outputs: readonly OnnxPort[]): Uint8Array {
    const port = ({ name, type, shape }: OnnxPort) => valueInfo(name, type, shape);
    return encodeModel({
      irVersion: irVersions[this.opset]!,
      producerName: 'gpt-cli',
      opsetImport: [
        { domain: '', version: this.opset },
        { domain: microsoft, version: 1 },
      ],
      graph: {
        name: graphName,
        node: leavesReversed(this.nodes),
        initializer: this.initializers,
        input: [...inputs, ...this.fed].map(port),
        output: outputs.map(port),
      },
    });
  }

  get nodeCount(): number {
    return this.nodes.length;
  }

  private shared(type: NumberType, shape: readonly number[], values: readonly number[]): Name {
    const key = `${type}[${shape}]${values.map((value) => (Object.is(value, -0) ? '-0' : value))}`;
    const name = this.known.get(key) ?? this.constant(rawBytes(type, values), type, shape);
    this.known.set(key, name);
    return name;
  }

  private fresh(): Name {
    return `t${this.count++}`;
  }
}

/**
 * The nodes that nothing else uses, last and in reverse order. onnxruntime computes depth first from the last such node
 * to the first: a weight's gradient, which is one, is then computed as soon as it can be, and what it needs is freed,
 * instead of all of them at the end. The copy of an inner value, such as the gradient of positions in a batch of one row, is a leaf
 * too: it comes first, so that it is computed last.
 */
function leavesReversed(nodes: readonly NodeMessage[]): NodeMessage[] {
  const used = new Set(nodes.filter(({ opType }) => opType !== 'Identity').flatMap(({ input }) => input));
  const isLeaf = ({ output }: NodeMessage) => !output.some((name) => used.has(name));
  const leaves = nodes.filter(isLeaf).reverse();
  const position = new Map(leaves.flatMap(({ output }, at) => output.map((name) => [name, at])));
  const [aliases, others] = [leaves.filter(isAlias), leaves.filter((node) => !isAlias(node))];
  const sourceOf = ({ input }: NodeMessage) => position.get(input[0]!) ?? -1;
  const ofInner = aliases.filter((node) => sourceOf(node) < 0);
  const ofLeaves = aliases.filter((node) => sourceOf(node) >= 0).sort((a, b) => sourceOf(a) - sourceOf(b));
  return [...nodes.filter((node) => !isLeaf(node)), ...ofInner, ...others, ...ofLeaves];
}

const isAlias = ({ opType }: NodeMessage) => opType === 'Identity';

/** Little-endian, as the format wants it and every machine that Node runs on has it. */
function rawBytes(type: NumberType, values: readonly number[]): Uint8Array {
  const array = arrayOf(type, values);
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function arrayOf(type: NumberType, values: readonly number[]): NodeJS.TypedArray {
  switch (type) {
    case 'float32':
      return Float32Array.from(values);
    case 'float64':
      return Float64Array.from(values);
    case 'int32':
      return Int32Array.from(values);
    case 'uint32':
      return Uint32Array.from(values);
    case 'int64':
      return BigInt64Array.from(values, BigInt);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(values);
    default:
      return type satisfies never;
  }
}
