// The messages of an event file, as far as they are written here, by protobufjs' reflection: names and numbers are those of
// TensorBoard's event.proto and summary.proto. Knows nothing of files.
import protobuf from 'protobufjs/light.js';

type FieldSpec = readonly [name: string, id: number, type: string, rule?: 'repeated'];

const messages: Readonly<Record<string, readonly FieldSpec[]>> = {
  Event: [
    ['wallTime', 1, 'double'],
    ['step', 2, 'int64'],
    ['fileVersion', 3, 'string'],
    ['summary', 5, 'Summary'],
    ['sessionLog', 7, 'SessionLog'],
  ],
  SessionLog: [['status', 1, 'int32']],
  Summary: [['value', 1, 'Value', 'repeated']],
  Value: [
    ['tag', 1, 'string'],
    ['simpleValue', 2, 'float'],
    ['histo', 5, 'Histogram'],
    ['tensor', 8, 'Tensor'],
    ['metadata', 9, 'Metadata'],
  ],
  Histogram: [
    ['min', 1, 'double'],
    ['max', 2, 'double'],
    ['num', 3, 'double'],
    ['sum', 4, 'double'],
    ['sumSquares', 5, 'double'],
    ['bucketLimit', 6, 'double', 'repeated'],
    ['bucket', 7, 'double', 'repeated'],
  ],
  Tensor: [
    ['dtype', 1, 'int32'],
    ['shape', 2, 'Shape'],
    ['stringVal', 8, 'bytes', 'repeated'],
  ],
  Shape: [['dim', 2, 'Dimension', 'repeated']],
  Dimension: [['size', 1, 'int64']],
  Metadata: [['pluginData', 1, 'PluginData']],
  PluginData: [['pluginName', 1, 'string']],
};

export interface HistogramMessage {
  readonly min: number;
  readonly max: number;
  readonly num: number;
  readonly sum: number;
  readonly sumSquares: number;
  /** Upper ends, rising. Bucket i counts the values from bucketLimit[i - 1] (or -DBL_MAX) to bucketLimit[i]. */
  readonly bucketLimit: readonly number[];
  readonly bucket: readonly number[];
}

export type ValueMessage =
  | { readonly tag: string; readonly simpleValue: number }
  | { readonly tag: string; readonly histo: HistogramMessage }
  | { readonly tag: string; readonly tensor: object; readonly metadata: object };

export interface EventMessage {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step?: number;
  readonly fileVersion?: string;
  readonly summary?: { readonly value: readonly ValueMessage[] };
  readonly sessionLog?: { readonly status: number };
}

/** `SessionLog.START`: readers drop earlier files' events from its step on. */
export const sessionStart = 1;

/** A text as the text plugin shows it, which is as Markdown. */
export function textValue(tag: string, text: string): ValueMessage {
  const dtype = 7; // DT_STRING
  const tensor = { dtype, shape: { dim: [{ size: 1 }] }, stringVal: [Buffer.from(text)] };
  return { tag, tensor, metadata: { pluginData: { pluginName: 'text' } } };
}

let eventType: protobuf.Type | undefined;

export function encodeEvent(event: EventMessage): Uint8Array {
  eventType ??= define();
  return eventType.encode(event).finish();
}

function define(): protobuf.Type {
  const root = new protobuf.Root();
  for (const [name, fields] of Object.entries(messages)) {
    const type = new protobuf.Type(name);
    for (const [field, id, fieldType, rule = 'optional'] of fields)
      type.add(new protobuf.Field(field, id, fieldType, rule, undefined, { packed: rule === 'repeated' }));
    root.add(type);
  }
  return root.lookupType('Event');
}
