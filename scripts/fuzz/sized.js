// The first part of a safetensors file.

/** A safetensors header with its length before it. */
export function sized(header) {
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(Buffer.byteLength(header)));
  return Buffer.concat([size, Buffer.from(header)]);
}
