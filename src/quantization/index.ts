// The contract of quantization/: matrices in 8 or 4 bits.
export {
  type Bits,
  blockSize,
  blocksOf,
  bytesOf,
  dequantize,
  emptyMatrix,
  type OutputAxis,
  type QuantizedMatrix,
  quantizeInto,
} from './matrix.js';
export { formatOf, type MatrixFormat, type Scheme, schemeNames } from './scheme.js';
