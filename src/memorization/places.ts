// From a position in training tokens to what a person can look up: the document, the line and the byte in it.
import type { TokenSpan } from '../dataset/index.js';
import type { Place } from '../events.js';
import type { Tokenizer } from '../tokenizer/index.js';

type Spot = Omit<Place, 'source'>;

export interface Documents {
  /** First token of each document; absent: a document ends with <|endoftext|>. */
  readonly starts?: readonly number[];
  /** @param document from 0 */
  readonly nameOf: (document: number) => string | undefined;
}

/** Tokens between two spots that are remembered. */
const interval = 1 << 18;

export class Places {
  private readonly bytes: Uint32Array;
  private readonly lines: Uint32Array;
  /** Where every multiple of `interval` is, as far as it was read. */
  private readonly spots: Spot[] = [{ document: 1, line: 1, byte: 0 }];

  constructor(
    private readonly span: TokenSpan,
    private readonly tokenizer: Tokenizer,
    private readonly documents: Documents,
  ) {
    const texts = Array.from({ length: tokenizer.vocabSize }, (_, id) => tokenizer.bytesOf(id));
    this.bytes = Uint32Array.from(texts, (text) => text.length);
    this.lines = Uint32Array.from(texts, (text) => text.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0));
  }

  /** The place of the token at `position`. */
  at(position: number): Place {
    const spot = this.documents.starts ? this.inExample(this.documents.starts, position) : this.inStream(position);
    const source = this.documents.nameOf(spot.document - 1);
    return { ...(source !== undefined && { source }), ...spot };
  }

  private inExample(starts: readonly number[], position: number): Spot {
    let document = 0;
    for (let step = 2 ** Math.ceil(Math.log2(starts.length + 1)); step >= 1; step /= 2)
      if ((starts[document + step] ?? Number.POSITIVE_INFINITY) <= position) document += step;
    return this.after({ document: document + 1, line: 1, byte: 0 }, starts[document]!, position);
  }

  private inStream(position: number): Spot {
    const wanted = Math.floor(position / interval);
    for (let known = this.spots.length - 1; known < wanted; known++) {
      this.spots.push(this.after(this.spots[known]!, known * interval, (known + 1) * interval));
    }
    return this.after(this.spots[wanted]!, wanted * interval, position);
  }

  private after({ document, line, byte }: Spot, from: number, to: number): Spot {
    const separator = this.documents.starts ? -1 : this.tokenizer.endOfText;
    for (const id of this.span.read(from, to - from)) {
      if (id === separator) {
        document++;
        line = 1;
        byte = 0;
      } else {
        line += this.lines[id]!;
        byte += this.bytes[id]!;
      }
    }
    return { document, line, byte };
  }
}
