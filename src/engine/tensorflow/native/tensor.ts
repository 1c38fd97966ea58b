// Numbers on their way to TensorFlow and back.
import { type DType, type HostArray, sizeOf } from '../../../trace/graph.js';
import { Handle } from '../../handle.js';
import { arrayOn, typeNumbers } from './dtypes.js';
import type { Pointer } from './ffi.js';
import type { Library } from './library.js';
import { checked } from './status.js';

/** A TF_Tensor with a copy of `data` (its bytes), freed after `use`. */
export function withTensor<T>(
  { api, view }: Library,
  data: ArrayBufferView,
  { shape, type }: { shape: readonly number[]; type: number },
  use: (tensor: Pointer) => T,
): T {
  const tensor = api.TF_AllocateTensor(type, BigInt64Array.from(shape, BigInt), shape.length, data.byteLength);
  if (!tensor) throw new Error(`TensorFlow gave no memory for a tensor of shape [${shape}]`);
  try {
    if (data.byteLength > 0) {
      const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      new Uint8Array(view(api.TF_TensorData(tensor)!, data.byteLength)).set(bytes);
    }
    return use(tensor);
  } finally {
    api.TF_DeleteTensor(tensor);
  }
}

/** A tensor that operations of a context take: a TFE_TensorHandle. */
export class TensorHandle extends Handle {
  constructor(
    private readonly library: Library,
    pointer: Pointer | null,
  ) {
    const { api } = library;
    super('tensor', pointer, (address) => api.TFE_DeleteTensorHandle(address));
  }

  /** From host memory, copied. */
  static from(library: Library, data: HostArray, shape: readonly number[], dtype: DType): TensorHandle {
    if (data.length !== sizeOf(shape)) throw new Error(`${data.length} numbers for a tensor of shape [${shape}]`);
    const { api } = library;
    return withTensor(library, data, { shape, type: typeNumbers[dtype] }, (tensor) => {
      return new TensorHandle(
        library,
        checked(api, 'make a tensor', (status) => api.TFE_NewTensorHandle(tensor, status)),
      );
    });
  }

  /** A copy of its numbers, waited for. */
  read(dtype: DType): HostArray {
    const { api, view } = this.library;
    const tensor = checked(api, 'read a tensor', (status) => api.TFE_TensorHandleResolve(this.pointer, status));
    if (!tensor) throw new Error('TensorFlow gave no tensor to read');
    try {
      const type = api.TF_TensorType(tensor);
      if (type !== typeNumbers[dtype]) throw new Error(`a tensor of type ${type} is read as ${dtype}`);
      const bytes = Number(api.TF_TensorByteSize(tensor));
      if (bytes === 0) return arrayOn(new ArrayBuffer(0), dtype);
      return arrayOn(view(api.TF_TensorData(tensor)!, bytes).slice(0), dtype);
    } finally {
      api.TF_DeleteTensor(tensor);
    }
  }

  /** The device that its memory is on. */
  get deviceName(): string {
    const { api } = this.library;
    return checked(api, 'name the device of a tensor', (status) =>
      api.TFE_TensorHandleDeviceName(this.pointer, status),
    );
  }
}
