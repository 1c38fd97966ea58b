// A text of any length, read once: its bytes, and chunks that are evenly spread over it. A short text is kept whole.
import type { TextPiece } from '../tokenizer/index.js';

/** Characters of a chunk, and how many of them are kept: at most 4 million characters, half as many of a long text. */
const chunkLength = 1 << 16;
const most = 64;

export interface TextSample {
  /** UTF-8 bytes of the whole text. */
  readonly bytes: number;
  /** In their order in the text. */
  readonly chunks: readonly string[];
}

/** Keeps every chunk, and of a longer text every second, fourth and so on. */
export async function sampleText(texts: AsyncIterable<TextPiece>, signal?: AbortSignal): Promise<TextSample> {
  let chunks: string[] = [];
  let stride = 1;
  let seen = 0;
  let bytes = 0;
  let pending = '';
  const push = (chunk: string) => {
    if (seen++ % stride === 0) chunks.push(chunk);
    if (chunks.length <= most) return;
    chunks = chunks.filter((_, i) => i % 2 === 0);
    stride *= 2;
  };
  for await (const { text } of texts) {
    signal?.throwIfAborted();
    bytes += Buffer.byteLength(text);
    pending += text;
    while (pending.length >= chunkLength) {
      push(pending.slice(0, chunkLength));
      pending = pending.slice(chunkLength);
    }
  }
  if (pending !== '') push(pending);
  return { bytes, chunks };
}
