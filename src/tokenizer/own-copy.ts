/** V8 keeps the whole text alive for a slice of 13 characters or more; a key must not. */
export function ownCopy(word: string): string {
  return word.length < 13 ? word : Buffer.from(word, 'utf16le').toString('utf16le');
}
