// Documents as blocks of tokens for continued pretraining on text.
import { type Encoded, type Example, type TextExample, unknownBytes } from '../dataset/index.js';
import type { Tokenizer } from '../tokenizer/index.js';

/** Documents one after the other, <|endoftext|> after each, in blocks; every token but the first is a target once. */
export function encodeDocuments(examples: readonly Example[], tokenizer: Tokenizer, blockSize: number): Encoded[] {
  const blocks: Encoded[] = [];
  let open: number[] = [];
  let unknown = 0;
  let before = ''; // the end of a document's last piece
  const cut = (length: number) => {
    const tokens = Int32Array.from(open.slice(0, length + 1));
    const encoded = {
      ids: tokens.subarray(0, length),
      targets: tokens.subarray(1),
      label: -1,
      cut: 'nothing',
    } as const;
    blocks.push(unknown > 0 ? { ...encoded, unknownBytes: unknown } : encoded);
    unknown = 0;
    open = open.slice(length); // the last target is the first id of what follows
  };
  for (const example of examples as readonly TextExample[]) {
    const ids = tokenizer.encode(example.text, { before });
    for (const id of ids) {
      open.push(id);
      if (open.length > blockSize) cut(blockSize);
    }
    unknown += unknownBytes(tokenizer, example.text, ids);
    before = example.continues ? example.text.slice(-2) : '';
    if (example.continues) continue;
    open.push(tokenizer.endOfText);
    if (open.length > blockSize) cut(blockSize);
  }
  if (open.length > 1) cut(open.length - 1);
  return blocks;
}

/** The end of the blocks for validation, at least one where there are two. */
export function splitBlocks(blocks: readonly Encoded[], valSplit: number): { train: Encoded[]; validation: Encoded[] } {
  const wanted = valSplit === 0 ? 0 : Math.max(1, Math.round(blocks.length * valSplit));
  const kept = blocks.length - Math.min(wanted, blocks.length - 1);
  return { train: blocks.slice(0, kept), validation: blocks.slice(kept) };
}
