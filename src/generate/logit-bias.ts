// `--logit-bias`: entries like ` the=-5` to what is added to the logit of each token.
import { GptError } from '../errors.js';
import type { Tokenizer } from '../tokenizer/index.js';

/** OpenAI's range. */
const most = 100;

/**
 * @param entries `token=bias`; the token is an id, or a text of one token, as a JSON string where it looks like an id
 * @param vocabSize of the model
 * @throws GptError `sample/logit-bias`
 */
export function readLogitBias(
  entries: readonly string[],
  tokenizer: Tokenizer,
  vocabSize: number,
): Map<number, number> {
  return new Map(entries.map((entry) => readEntry(entry, tokenizer, vocabSize)));
}

function readEntry(entry: string, tokenizer: Tokenizer, vocabSize: number): [number, number] {
  const at = entry.lastIndexOf('=');
  const bias = entry.slice(at + 1).trim();
  if (at < 1 || bias === '' || !(Math.abs(Number(bias)) <= most)) {
    throw new GptError('sample/logit-bias', `logit-bias ${JSON.stringify(entry)} is not token=bias`, {
      hint: `the bias is a number from -${most} to ${most}: --logit-bias "the=-5"`,
    });
  }
  return [readToken(entry.slice(0, at), tokenizer, vocabSize), Number(bias)];
}

function readToken(token: string, tokenizer: Tokenizer, vocabSize: number): number {
  if (/^\d+$/.test(token)) {
    if (Number(token) < vocabSize) return Number(token);
    throw new GptError('sample/logit-bias', `logit-bias names the token ${token}; the model has ${vocabSize}`, {
      hint: `ids are whole numbers from 0 to ${vocabSize - 1}; a text of digits is written "\\"${token}\\"=..."`,
    });
  }
  const text = unquoted(token);
  const ids = [...tokenizer.encode(text)];
  const [id] = ids;
  if (ids.length === 1 && id! < vocabSize && id !== tokenizer.unknown) return id!;
  const what = ids.length === 1 ? 'is not in the vocabulary' : `is ${ids.length} tokens (${ids.join(', ')})`;
  throw new GptError('sample/logit-bias', `logit-bias names ${JSON.stringify(text)}, which ${what}`, {
    hint: 'name one token, by its text or its id (gpt-cli tokenizer encode)',
  });
}

function unquoted(token: string): string {
  if (!/^".*"$/s.test(token)) return token;
  try {
    return JSON.parse(token) as string;
  } catch {
    return token;
  }
}
