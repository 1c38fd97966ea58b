// onnxruntime's C API as this engine uses it. Its functions lie in a table, `OrtApi`, whose order never changes; only those
// used are declared, by their place in onnxruntime_c_api.h. Declares and nothing else.
import type * as Koffi from 'koffi';
import type { Native, Pointer } from '../../koffi.js';

type Out<T> = [T | null];
/** `OrtStatus *`: null for success, else to be released. */
type Status = Pointer | null;

export interface OrtApi {
  CreateEnv: Native<[level: number, name: string, Out<Pointer>], Status>;
  CreateSessionFromArray: Native<
    [env: Pointer, model: Uint8Array, bytes: number, options: Pointer, Out<Pointer>],
    Status
  >;
  Run: Native<
    [
      session: Pointer,
      options: null,
      inputNames: readonly string[],
      inputs: readonly Pointer[],
      inputCount: number,
      outputNames: readonly string[],
      outputCount: number,
      outputs: readonly Pointer[],
    ],
    Status
  >;
  GetErrorMessage: Native<[Pointer], string>;
  CreateSessionOptions: Native<[Out<Pointer>], Status>;
  DisableMemPattern: Native<[options: Pointer], Status>;
  SetIntraOpNumThreads: Native<[options: Pointer, threads: number], Status>;
  SetInterOpNumThreads: Native<[options: Pointer, threads: number], Status>;
  CreateTensorWithDataAsOrtValue: Native<
    [
      memory: Pointer,
      data: NodeJS.TypedArray,
      bytes: number,
      shape: BigInt64Array,
      rank: number,
      type: number,
      Out<Pointer>,
    ],
    Status
  >;
  CreateCpuMemoryInfo: Native<[allocator: number, kind: number, Out<Pointer>], Status>;
  ReleaseStatus: Native<[Pointer], void>;
  ReleaseSession: Native<[Pointer], void>;
  ReleaseValue: Native<[Pointer], void>;
  ReleaseSessionOptions: Native<[Pointer], void>;
  AddSessionConfigEntry: Native<[options: Pointer, key: string, value: string], Status>;
}

/** Place in the table, result and parameters. */
const declarations: Readonly<Record<keyof OrtApi, readonly [number, string, string]>> = {
  GetErrorMessage: [2, 'const char *', 'void *'],
  CreateEnv: [3, 'void *', 'int, const char *, _Out_ void **'],
  CreateSessionFromArray: [8, 'void *', 'void *, const void *, size_t, void *, _Out_ void **'],
  Run: [9, 'void *', 'void *, void *, const char **, void **, size_t, const char **, size_t, void **'],
  CreateSessionOptions: [10, 'void *', '_Out_ void **'],
  DisableMemPattern: [17, 'void *', 'void *'],
  SetIntraOpNumThreads: [24, 'void *', 'void *, int'],
  SetInterOpNumThreads: [25, 'void *', 'void *, int'],
  CreateTensorWithDataAsOrtValue: [49, 'void *', 'void *, void *, size_t, const int64_t *, size_t, int, _Out_ void **'],
  CreateCpuMemoryInfo: [69, 'void *', 'int, int, _Out_ void **'],
  ReleaseStatus: [93, 'void', 'void *'],
  ReleaseSession: [95, 'void', 'void *'],
  ReleaseValue: [96, 'void', 'void *'],
  ReleaseSessionOptions: [100, 'void', 'void *'],
  AddSessionConfigEntry: [130, 'void *', 'void *, const char *, const char *'],
};

/** Of the API that the table is asked for. */
const apiVersion = 22;

/** `ONNXTensorElementDataType` */
export const elementTypes = { float32: 1, int32: 6, bool: 9 } as const;

/** The functions of the library at a path. */
export function bind(koffi: typeof Koffi, path: string): OrtApi {
  const base = koffi.load(path).func('void *OrtGetApiBase()')();
  const getApi = koffi.decode(koffi.decode(base, 'void *'), koffi.proto('void *(uint32_t)'));
  const table = getApi(apiVersion);
  const entries = Object.entries(declarations).map(([name, [place, result, parameters]]) => {
    const address = koffi.decode(table, place * 8, 'void *');
    return [name, koffi.decode(address, koffi.proto(`${result}(${parameters})`))] as const;
  });
  return Object.fromEntries(entries) as unknown as OrtApi;
}
