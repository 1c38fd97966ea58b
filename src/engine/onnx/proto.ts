// The messages of an ONNX file, as far as they are written here, by protobufjs' reflection: names and numbers are the
// format's (onnx.proto3). Knows nothing of graphs of ours.
import protobuf from 'protobufjs/light.js';

/** Element types, `TensorProto.DataType`. */
export const elementType = {
  float32: 1,
  uint8: 2,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
} as const;
export type ElementType = keyof typeof elementType;

/** `AttributeProto.AttributeType`. */
const attributeType = { float: 1, int: 2, string: 3, ints: 7 } as const;

type Rule = 'one' | 'many';
type FieldSpec = readonly [name: string, id: number, type: string, rule?: Rule];

const messages: Readonly<Record<string, readonly FieldSpec[]>> = {
  Model: [
    ['irVersion', 1, 'int64'],
    ['producerName', 2, 'string'],
    ['graph', 7, 'Graph'],
    ['opsetImport', 8, 'OperatorSetId', 'many'],
  ],
  OperatorSetId: [
    ['domain', 1, 'string'],
    ['version', 2, 'int64'],
  ],
  Graph: [
    ['node', 1, 'Node', 'many'],
    ['name', 2, 'string'],
    ['initializer', 5, 'Tensor', 'many'],
    ['input', 11, 'ValueInfo', 'many'],
    ['output', 12, 'ValueInfo', 'many'],
  ],
  Node: [
    ['input', 1, 'string', 'many'],
    ['output', 2, 'string', 'many'],
    ['name', 3, 'string'],
    ['opType', 4, 'string'],
    ['attribute', 5, 'Attribute', 'many'],
    ['domain', 7, 'string'],
  ],
  Attribute: [
    ['name', 1, 'string'],
    ['f', 2, 'float'],
    ['i', 3, 'int64'],
    ['s', 4, 'bytes'],
    ['ints', 8, 'int64', 'many'],
    ['type', 20, 'int32'],
  ],
  Tensor: [
    ['dims', 1, 'int64', 'many'],
    ['dataType', 2, 'int32'],
    ['name', 8, 'string'],
    ['rawData', 9, 'bytes'],
    ['externalData', 13, 'Entry', 'many'],
    ['dataLocation', 14, 'int32'],
  ],
  Entry: [
    ['key', 1, 'string'],
    ['value', 2, 'string'],
  ],
  ValueInfo: [
    ['name', 1, 'string'],
    ['type', 2, 'Type'],
  ],
  Type: [['tensorType', 1, 'TensorType']],
  TensorType: [
    ['elemType', 1, 'int32'],
    ['shape', 2, 'Shape'],
  ],
  Shape: [['dim', 1, 'Dimension', 'many']],
  Dimension: [
    ['dimValue', 1, 'int64'],
    ['dimParam', 2, 'string'],
  ],
};

export interface TensorMessage {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly rawData?: Uint8Array;
  readonly externalData?: readonly { readonly key: string; readonly value: string }[];
  readonly dataLocation?: number;
}

/** `TensorProto.DataLocation.EXTERNAL` */
const external = 1;

/** A tensor whose numbers lie outside of the file. */
export function externalTensor(
  tensor: Omit<TensorMessage, 'rawData' | 'externalData' | 'dataLocation'>,
  place: { readonly location: string; readonly offset: string; readonly length: string },
): TensorMessage {
  const externalData = Object.entries(place).map(([key, value]) => ({ key, value }));
  return { ...tensor, externalData, dataLocation: external };
}

export interface NodeMessage {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly object[];
  readonly domain: string;
}

export interface ModelMessage {
  readonly irVersion: number;
  readonly producerName: string;
  readonly opsetImport: readonly { readonly domain: string; readonly version: number }[];
  readonly graph: {
    readonly name: string;
    readonly node: readonly NodeMessage[];
    readonly initializer: readonly TensorMessage[];
    readonly input: readonly object[];
    readonly output: readonly object[];
  };
}

/** A whole number, `{ float }`, a text, or whole numbers. */
export type OnnxAttribute = number | { readonly float: number } | string | readonly number[];

export function attributeMessage(name: string, value: OnnxAttribute): object {
  if (typeof value === 'number') return { name, type: attributeType.int, i: value };
  if (typeof value === 'string') return { name, type: attributeType.string, s: Buffer.from(value) };
  if ('float' in value) return { name, type: attributeType.float, f: value.float };
  return { name, type: attributeType.ints, ints: value };
}

/** A size, or the name of one that is known only when the model runs. */
export type Dimension = number | string;

export function valueInfo(name: string, type: ElementType, shape: readonly Dimension[]): object {
  const dim = shape.map((size) => (typeof size === 'string' ? { dimParam: size } : { dimValue: size }));
  return { name, type: { tensorType: { elemType: elementType[type], shape: { dim } } } };
}

let modelType: protobuf.Type | undefined;

export function encodeModel(model: ModelMessage): Uint8Array {
  modelType ??= define();
  return modelType.encode(model).finish();
}

function define(): protobuf.Type {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(name);
    for (const [field, id, fieldType, rule] of fields)
      type.add(new protobuf.Field(field, id, fieldType, rule === 'many' ? 'repeated' : 'optional'));
    root.add(type);
  }
  return root.lookupType('Model');
}
