// TensorFlow's C API as this engine uses it: every function with its C declaration and its TypeScript type, in one
// place. Declares and nothing else: statuses are checked and handles owned in the files beside it.
import type * as Koffi from 'koffi';
import { knowsType, type Native, type Pointer } from '../../koffi.js';

export type { Native, Pointer } from '../../koffi.js';

/** One output of an operation of a TF_Graph, passed by value. */
export interface TF_Output {
  readonly oper: Pointer;
  readonly index: number;
}

type Ints = BigInt64Array;
type Out<T> = [T];

export interface TensorflowApi {
  TF_Version: Native<[], string>;

  TF_NewStatus: Native<[], Pointer>;
  TF_DeleteStatus: Native<[Pointer], void>;
  TF_GetCode: Native<[Pointer], number>;
  TF_Message: Native<[Pointer], string>;
  TF_SetStatus: Native<[Pointer, code: number, message: string], void>;

  TF_AllocateTensor: Native<[type: number, dims: Ints, rank: number, bytes: number], Pointer>;
  TF_DeleteTensor: Native<[Pointer], void>;
  TF_TensorData: Native<[Pointer], Pointer | null>;
  TF_TensorByteSize: Native<[Pointer], number>;
  TF_TensorType: Native<[Pointer], number>;

  TF_NewGraph: Native<[], Pointer>;
  TF_DeleteGraph: Native<[Pointer], void>;
  TF_GraphSetTensorShape: Native<[Pointer, TF_Output, dims: Ints, rank: number, status: Pointer], void>;
  TF_NewOperation: Native<[graph: Pointer, type: string, name: string], Pointer>;
  TF_FinishOperation: Native<[description: Pointer, status: Pointer], Pointer | null>;
  TF_OperationNumOutputs: Native<[Pointer], number>;
  TF_AddInput: Native<[Pointer, TF_Output], void>;
  TF_AddInputList: Native<[Pointer, TF_Output[], number], void>;
  TF_AddControlInput: Native<[Pointer, Pointer], void>;
  TF_SetAttrInt: Native<[Pointer, string, number], void>;
  TF_SetAttrFloat: Native<[Pointer, string, number], void>;
  TF_SetAttrBool: Native<[Pointer, string, number], void>;
  TF_SetAttrType: Native<[Pointer, string, number], void>;
  TF_SetAttrString: Native<[Pointer, string, Uint8Array, length: number], void>;
  TF_SetAttrShape: Native<[Pointer, string, dims: Ints, rank: number], void>;
  TF_SetAttrIntList: Native<[Pointer, string, values: Ints, count: number], void>;
  TF_SetAttrTypeList: Native<[Pointer, string, values: Int32Array, count: number], void>;
  TF_SetAttrTensor: Native<[Pointer, string, tensor: Pointer, status: Pointer], void>;
  TF_GraphToFunctionWithControlOutputs: Native<
    [
      graph: Pointer,
      name: string,
      appendHash: number,
      operationCount: number,
      operations: null,
      inputCount: number,
      inputs: readonly TF_Output[],
      outputCount: number,
      outputs: readonly TF_Output[],
      outputNames: null,
      controlCount: number,
      controls: readonly Pointer[],
      controlNames: null,
      options: null,
      description: null,
      status: Pointer,
    ],
    Pointer | null
  >;
  TF_DeleteFunction: Native<[Pointer], void>;

  TFE_NewContextOptions: Native<[], Pointer>;
  TFE_DeleteContextOptions: Native<[Pointer], void>;
  TFE_ContextOptionsSetConfig: Native<[Pointer, proto: Uint8Array, bytes: number, status: Pointer], void>;
  TFE_NewContext: Native<[options: Pointer, status: Pointer], Pointer | null>;
  TFE_DeleteContext: Native<[Pointer], void>;
  TFE_ContextListDevices: Native<[Pointer, status: Pointer], Pointer | null>;
  TF_DeleteDeviceList: Native<[Pointer], void>;
  TF_DeviceListCount: Native<[Pointer], number>;
  TF_DeviceListName: Native<[Pointer, index: number, status: Pointer], string>;
  TF_DeviceListType: Native<[Pointer, index: number, status: Pointer], string>;
  TF_DeviceListMemoryBytes: Native<[Pointer, index: number, status: Pointer], number | bigint>;
  TFE_EnableCollectiveOps: Native<[Pointer, serverDef: Uint8Array, bytes: number, status: Pointer], void>;
  TFE_AbortCollectiveOps: Native<[Pointer, status: Pointer], void>;
  TFE_CollectiveOpsCheckPeerHealth: Native<[Pointer, task: string, milliseconds: number, status: Pointer], void>;

  TFE_ContextAddFunction: Native<[Pointer, func: Pointer, status: Pointer], void>;
  TFE_ContextRemoveFunction: Native<[Pointer, name: string, status: Pointer], void>;

  TFE_NewTensorHandle: Native<[tensor: Pointer, status: Pointer], Pointer | null>;
  TFE_DeleteTensorHandle: Native<[Pointer], void>;
  TFE_TensorHandleResolve: Native<[Pointer, status: Pointer], Pointer | null>;
  TFE_TensorHandleDeviceName: Native<[Pointer, status: Pointer], string>;

  TFE_NewOp: Native<[context: Pointer, name: string, status: Pointer], Pointer | null>;
  TFE_DeleteOp: Native<[Pointer], void>;
  TFE_OpSetDevice: Native<[Pointer, string, status: Pointer], void>;
  TFE_OpAddInput: Native<[Pointer, handle: Pointer, status: Pointer], void>;
  TFE_OpAddInputList: Native<[Pointer, handles: readonly Pointer[], count: number, status: Pointer], void>;
  TFE_OpSetAttrInt: Native<[Pointer, string, number], void>;
  TFE_OpSetAttrFloat: Native<[Pointer, string, number], void>;
  TFE_OpSetAttrBool: Native<[Pointer, string, number], void>;
  TFE_OpSetAttrType: Native<[Pointer, string, number], void>;
  TFE_OpSetAttrString: Native<[Pointer, string, Uint8Array, length: number], void>;
  TFE_OpSetAttrShape: Native<[Pointer, string, dims: Ints, rank: number, status: Pointer], void>;
  TFE_OpSetAttrIntList: Native<[Pointer, string, values: Ints, count: number], void>;
  TFE_OpSetAttrTypeList: Native<[Pointer, string, values: Int32Array, count: number], void>;
  TFE_Execute: Native<[op: Pointer, results: (Pointer | null)[], count: Out<number>, status: Pointer], void>;
}

/** In C, by the names above. An array that native code only reads is `const`; what it fills is `_Out_` or `_Inout_`. */
const declarations: Readonly<Record<keyof TensorflowApi, string>> = {
  TF_Version: 'const char *TF_Version()',

  TF_NewStatus: 'void *TF_NewStatus()',
  TF_DeleteStatus: 'void TF_DeleteStatus(void *)',
  TF_GetCode: 'int TF_GetCode(void *)',
  TF_Message: 'const char *TF_Message(void *)',
  TF_SetStatus: 'void TF_SetStatus(void *, int, const char *)',

  TF_AllocateTensor: 'void *TF_AllocateTensor(int, const int64_t *, int, size_t)',
  TF_DeleteTensor: 'void TF_DeleteTensor(void *)',
  TF_TensorData: 'void *TF_TensorData(void *)',
  TF_TensorByteSize: 'size_t TF_TensorByteSize(void *)',
  TF_TensorType: 'int TF_TensorType(void *)',

  TF_NewGraph: 'void *TF_NewGraph()',
  TF_DeleteGraph: 'void TF_DeleteGraph(void *)',
  TF_GraphSetTensorShape: 'void TF_GraphSetTensorShape(void *, TF_Output, const int64_t *, int, void *)',
  TF_NewOperation: 'void *TF_NewOperation(void *, const char *, const char *)',
  TF_FinishOperation: 'void *TF_FinishOperation(void *, void *)',
  TF_OperationNumOutputs: 'int TF_OperationNumOutputs(void *)',
  TF_AddInput: 'void TF_AddInput(void *, TF_Output)',
  TF_AddInputList: 'void TF_AddInputList(void *, const TF_Output *, int)',
  TF_AddControlInput: 'void TF_AddControlInput(void *, void *)',
  TF_SetAttrInt: 'void TF_SetAttrInt(void *, const char *, int64_t)',
  TF_SetAttrFloat: 'void TF_SetAttrFloat(void *, const char *, float)',
  TF_SetAttrBool: 'void TF_SetAttrBool(void *, const char *, uint8_t)',
  TF_SetAttrType: 'void TF_SetAttrType(void *, const char *, int)',
  TF_SetAttrString: 'void TF_SetAttrString(void *, const char *, const void *, size_t)',
  TF_SetAttrShape: 'void TF_SetAttrShape(void *, const char *, const int64_t *, int)',
  TF_SetAttrIntList: 'void TF_SetAttrIntList(void *, const char *, const int64_t *, int)',
  TF_SetAttrTypeList: 'void TF_SetAttrTypeList(void *, const char *, const int *, int)',
  TF_SetAttrTensor: 'void TF_SetAttrTensor(void *, const char *, void *, void *)',
  TF_GraphToFunctionWithControlOutputs:
    'void *TF_GraphToFunctionWithControlOutputs(void *, const char *, uint8_t, int, void *, int, const TF_Output *, ' +
    'int, const TF_Output *, void *, int, void **, void *, void *, const char *, void *)',
  TF_DeleteFunction: 'void TF_DeleteFunction(void *)',

  TFE_NewContextOptions: 'void *TFE_NewContextOptions()',
  TFE_DeleteContextOptions: 'void TFE_DeleteContextOptions(void *)',
  TFE_ContextOptionsSetConfig: 'void TFE_ContextOptionsSetConfig(void *, const void *, size_t, void *)',
  TFE_NewContext: 'void *TFE_NewContext(void *, void *)',
  TFE_DeleteContext: 'void TFE_DeleteContext(void *)',
  TFE_ContextListDevices: 'void *TFE_ContextListDevices(void *, void *)',
  TF_DeleteDeviceList: 'void TF_DeleteDeviceList(void *)',
  TF_DeviceListCount: 'int TF_DeviceListCount(void *)',
  TF_DeviceListName: 'const char *TF_DeviceListName(void *, int, void *)',
  TF_DeviceListType: 'const char *TF_DeviceListType(void *, int, void *)',
  TF_DeviceListMemoryBytes: 'int64_t TF_DeviceListMemoryBytes(void *, int, void *)',
  TFE_EnableCollectiveOps: 'void TFE_EnableCollectiveOps(void *, const void *, size_t, void *)',
  TFE_AbortCollectiveOps: 'void TFE_AbortCollectiveOps(void *, void *)',
  TFE_CollectiveOpsCheckPeerHealth: 'void TFE_CollectiveOpsCheckPeerHealth(void *, const char *, int64_t, void *)',

  TFE_ContextAddFunction: 'void TFE_ContextAddFunction(void *, void *, void *)',
  TFE_ContextRemoveFunction: 'void TFE_ContextRemoveFunction(void *, const char *, void *)',

  TFE_NewTensorHandle: 'void *TFE_NewTensorHandle(void *, void *)',
  TFE_DeleteTensorHandle: 'void TFE_DeleteTensorHandle(void *)',
  TFE_TensorHandleResolve: 'void *TFE_TensorHandleResolve(void *, void *)',
  TFE_TensorHandleDeviceName: 'const char *TFE_TensorHandleDeviceName(void *, void *)',

  TFE_NewOp: 'void *TFE_NewOp(void *, const char *, void *)',
  TFE_DeleteOp: 'void TFE_DeleteOp(void *)',
  TFE_OpSetDevice: 'void TFE_OpSetDevice(void *, const char *, void *)',
  TFE_OpAddInput: 'void TFE_OpAddInput(void *, void *, void *)',
  TFE_OpAddInputList: 'void TFE_OpAddInputList(void *, void **, int, void *)',
  TFE_OpSetAttrInt: 'void TFE_OpSetAttrInt(void *, const char *, int64_t)',
  TFE_OpSetAttrFloat: 'void TFE_OpSetAttrFloat(void *, const char *, float)',
  TFE_OpSetAttrBool: 'void TFE_OpSetAttrBool(void *, const char *, uint8_t)',
  TFE_OpSetAttrType: 'void TFE_OpSetAttrType(void *, const char *, int)',
  TFE_OpSetAttrString: 'void TFE_OpSetAttrString(void *, const char *, const void *, size_t)',
  TFE_OpSetAttrShape: 'void TFE_OpSetAttrShape(void *, const char *, const int64_t *, int, void *)',
  TFE_OpSetAttrIntList: 'void TFE_OpSetAttrIntList(void *, const char *, const int64_t *, int)',
  TFE_OpSetAttrTypeList: 'void TFE_OpSetAttrTypeList(void *, const char *, const int *, int)',
  TFE_Execute: 'void TFE_Execute(void *, _Out_ void **, _Inout_ int *, void *)',
};

/** Binds every declaration to a library; throws koffi's error for a name that it does not export. */
export function bind(koffi: typeof Koffi, path: string): TensorflowApi {
  if (!knowsType(koffi, 'TF_Output')) koffi.struct('TF_Output', { oper: 'void *', index: 'int' });
  const library = koffi.load(path);
  const entries = Object.entries(declarations).map(([name, declaration]) => [name, library.func(declaration)] as const);
  return Object.fromEntries(entries) as unknown as TensorflowApi;
}
