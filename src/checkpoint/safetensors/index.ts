// Tensors by name in a file, in the format of Hugging Face's safetensors.
export type { ReadableDType } from './dtype.js';
export { type Header, maxHeaderBytes, type TensorEntry } from './header.js';
export { SafetensorsFile } from './read.js';
export { openSharded, openSingle, type TensorFiles } from './shards.js';
export { type TensorSource, writeSafetensors } from './write.js';
