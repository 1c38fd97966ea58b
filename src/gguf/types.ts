// The number formats of GGUF tensors (ggml): how many numbers a block holds, and in how many bytes.

export interface BlockFormat {
  /** ggml's name: `Q4_0`. */
  readonly name: string;
  /** Its number in files. */
  readonly id: number;
  /** Numbers in one block. */
  readonly size: number;
  readonly bytes: number;
}

const format = (name: string, id: number, size: number, bytes: number): BlockFormat => ({ name, id, size, bytes });

/** Those that can be read. */
export const formats: readonly BlockFormat[] = [
  format('F32', 0, 1, 4),
  format('F16', 1, 1, 2),
  format('Q4_0', 2, 32, 18),
  format('Q4_1', 3, 32, 20),
  format('Q5_0', 6, 32, 22),
  format('Q5_1', 7, 32, 24),
  format('Q8_0', 8, 32, 34),
  format('Q4_K', 12, 256, 144),
  format('Q5_K', 13, 256, 176),
  format('Q6_K', 14, 256, 210),
  format('BF16', 30, 1, 2),
];

export const formatOf = (id: number): BlockFormat | undefined => formats.find((each) => each.id === id);
export const formatNamed = (name: string): BlockFormat | undefined => formats.find((each) => each.name === name);

/** Bytes of so many numbers. */
export const bytesOf = ({ size, bytes }: BlockFormat, count: number): number => (count / size) * bytes;
