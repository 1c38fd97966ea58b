// TensorFlow's ConfigProto, the few fields that are set here, by hand: the format is public and never changes.
// Messages that stand one after the other are merged, so that others may add fields of theirs.

/** Numbers of the fields in tensorflow/core/protobuf/config.proto. */
const fields = { deviceCount: 1, intraThreads: 2, interThreads: 5, gpuOptions: 6, softPlacement: 7 } as const;
const gpuFields = { allowGrowth: 4 } as const;

export interface ConfigOptions {
  /** Threads inside an operation. */
  readonly threads: number;
  /** Operations at once. */
  readonly interThreads: number;
  /** Take a GPU's memory as it is needed, not all at the start. */
  readonly growMemory: boolean;
  /** False: no GPU is opened. */
  readonly gpu: boolean;
  /** Further fields, serialized. */
  readonly more?: Uint8Array | undefined;
}

export function configProto({
  threads,
  interThreads,
  growMemory,
  gpu,
  more = new Uint8Array(),
}: ConfigOptions): Uint8Array {
  const noGpu = gpu ? [] : message(fields.deviceCount, [...text(1, 'GPU'), ...number(2, 0)]);
  return Uint8Array.from([
    ...noGpu,
    ...number(fields.intraThreads, threads),
    ...number(fields.interThreads, interThreads),
    ...message(fields.gpuOptions, number(gpuFields.allowGrowth, growMemory ? 1 : 0)),
    ...number(fields.softPlacement, 1),
    ...more,
  ]);
}

/** A field that holds a whole number. */
export function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

/** A field that holds text. */
export function text(field: number, value: string): number[] {
  return message(field, [...Buffer.from(value)]);
}

/** A field that holds a message or bytes. */
export function message(field: number, bytes: readonly number[]): number[] {
  return [...varint((field << 3) | 2), ...varint(bytes.length), ...bytes];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}
