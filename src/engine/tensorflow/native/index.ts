// The contract of native/: TensorFlow's C API, owned and checked.

export { Handle, liveHandles } from '../../handle.js';
export { type OpAttribute, setAttribute } from './attributes.js';
export { type ConfigOptions, configProto, message, number, text } from './config.js';
export { Context, type Execution, type RunDevice } from './context.js';
export { type TfType, typeNumbers } from './dtypes.js';
export type { Pointer, TensorflowApi, TF_Output } from './ffi.js';
export { type Library, type LoadOptions, loadLibrary } from './library.js';
export { checked } from './status.js';
export { TensorHandle, withTensor } from './tensor.js';
