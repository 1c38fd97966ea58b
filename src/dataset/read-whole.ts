// A short text read whole: a prompt. Decoded as a corpus is.
import { GptError } from '../errors.js';
import { decodeText } from './decode.js';
import type { Source } from './sources.js';
import { type ReadTextsOptions, readBytes } from './texts.js';

/** Characters that a prompt may have: more than any context holds. */
const longest = 1 << 26;

/** @throws GptError `dataset/unreadable`, `dataset/binary`, `dataset/encoding`, `dataset/too-long` */
export async function readWhole(
  source: Pick<Source, 'name' | 'kind'>,
  options: ReadTextsOptions = {},
): Promise<string> {
  let text = '';
  for await (const piece of decodeText(readBytes(source, options), source.name)) {
    text += piece;
    if (text.length > longest) {
      throw new GptError('dataset/too-long', `${source.name} has more than ${longest} characters`, {
        hint: 'a prompt is read whole; gpt-cli eval reads texts of any size',
      });
    }
  }
  return text;
}
