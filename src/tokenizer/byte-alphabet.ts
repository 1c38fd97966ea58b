// GPT-2's printable alphabet: one visible character for each of the 256 bytes, so that a vocabulary of byte strings can
// be written as JSON text. The map is part of the file format (openai/gpt-2, encoder.py, bytes_to_unicode).

function isPrintable(byte: number): boolean {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

function makeAlphabet(): string[] {
  let shifted = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : shifted++));
}

/** The character that stands for each byte. */
export const byteToChar: readonly string[] = makeAlphabet();

const charToByte = new Map(byteToChar.map((char, byte) => [char, byte]));

/** The bytes in the order of their characters: HF's trainer numbers its alphabet this way. */
export const bytesByChar: readonly number[] = [...charToByte.keys()].sort().map((char) => charToByte.get(char)!);

/** The bytes a token of a byte-level vocabulary stands for; undefined when a character is not of the alphabet. */
export function bytesOfToken(token: string): Uint8Array | undefined {
  const bytes = new Uint8Array(token.length);
  for (let i = 0; i < token.length; i++) {
    const byte = charToByte.get(token[i]!);
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

/** Bytes as a token of a byte-level vocabulary. */
export function tokenOfBytes(bytes: Uint8Array): string {
  let token = '';
  for (const byte of bytes) token += byteToChar[byte]!;
  return token;
}
