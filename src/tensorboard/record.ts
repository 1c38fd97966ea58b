// One record of a TFRecord file: length, checksum of the length, data, checksum of the data; numbers are little-endian.
import { maskedCrc32c } from './crc32c.js';

export function recordOf(data: Uint8Array): Buffer {
  const record = Buffer.allocUnsafe(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(maskedCrc32c(record.subarray(0, 8)), 8);
  record.set(data, 12);
  record.writeUInt32LE(maskedCrc32c(data), 12 + data.length);
  return record;
}
