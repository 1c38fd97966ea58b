// Attributes of operations. TensorFlow has the same setters twice: for operations that run at once (TFE) and for those of a
// graph (TF).
import { type TfType, typeNumbers } from './dtypes.js';
import type { Pointer, TensorflowApi } from './ffi.js';
import { checked } from './status.js';

/** A number is an integer unless it is marked; a string is one. */
export type OpAttribute =
  | number
  | boolean
  | string
  | readonly number[]
  | { readonly float: number }
  | { readonly type: TfType }
  | { readonly types: readonly TfType[] }
  | { readonly shape: readonly number[] };

type Setters = 'TFE_OpSetAttr' | 'TF_SetAttr';

/** @param op a TFE_Op or a TF_OperationDescription, as the setters want it */
export function setAttribute(api: TensorflowApi, setters: Setters, op: Pointer, key: string, value: OpAttribute): void {
  if (typeof value === 'boolean') api[`${setters}Bool`](op, key, value ? 1 : 0);
  else if (typeof value === 'number') api[`${setters}Int`](op, key, value);
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    api[`${setters}String`](op, key, bytes, bytes.length);
  } else if ('float' in value) api[`${setters}Float`](op, key, value.float);
  else if ('type' in value) api[`${setters}Type`](op, key, typeNumbers[value.type]);
  else if ('types' in value) {
    const types = Int32Array.from(value.types, (type) => typeNumbers[type]);
    api[`${setters}TypeList`](op, key, types, types.length);
  } else if ('shape' in value) {
    const dims = BigInt64Array.from(value.shape, BigInt);
    if (setters === 'TF_SetAttr') api.TF_SetAttrShape(op, key, dims, dims.length);
    else checked(api, `set ${key}`, (status) => api.TFE_OpSetAttrShape(op, key, dims, dims.length, status));
  } else api[`${setters}IntList`](op, key, BigInt64Array.from(value, BigInt), value.length);
}
