// What a token folder says about itself (meta.json): enough to refuse it when it is not whole or not ours.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { GptError, whyUnreadable } from '../errors.js';
import { statIfThere } from '../files/index.js';
import type { Tokenizer } from '../tokenizer/types.js';
import type { Source } from './sources.js';
import { bytesPerToken } from './span.js';

export const corpusVersion = 1;

const count = z.number().int().nonnegative();

const metaSchema = z.object({
  version: z.literal(corpusVersion),
  /** Of tokens.bin, little-endian. */
  dtype: z.enum(['uint16', 'uint32']),
  tokens: count,
  trainTokens: count,
  validationTokens: count,
  valSplit: z.number(),
  documents: count,
  /** UTF-8 bytes that the tokens stand for (none for <|endoftext|>): all of them, and those of the validation part. */
  bytes: count,
  valBytes: count,
  /** Characters that the tokenizer does not know: how many, and their UTF-8 bytes. */
  unknown: z.object({ tokens: count, bytes: count }).optional(),
  /** Documents of the training text that are in the validation text, too, where that has files of its own. */
  repeated: count.optional(),
  /** Of tokens.bin, in hexadecimal; absent in folders of older versions. */
  sha256: z.string().optional(),
  tokenizer: z.object({ kind: z.string(), vocabSize: count, endOfText: count, fingerprint: z.string() }),
  /** `documents` of each is absent in folders of older versions. */
  sources: z.array(z.object({ name: z.string(), size: count, mtimeMs: z.number(), documents: count.optional() })),
});

export type CorpusMeta = z.infer<typeof metaSchema>;

/** Two tokenizers with the same fingerprint give the same ids: a hash of what tokenizer.json would hold. */
export function fingerprint(tokenizer: Tokenizer): string {
  return createHash('sha256').update(JSON.stringify(tokenizer.toJSON())).digest('hex');
}

/**
 * Reads and checks meta.json, and that tokens.bin has the size it says.
 * @throws GptError `dataset/no-corpus`, `dataset/corpus-version`, `dataset/corpus-broken`
 */
export function readMeta(directory: string): CorpusMeta {
  const again = { hint: 'delete the folder and build it again' };
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(join(directory, 'meta.json'), 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new GptError('dataset/no-corpus', `${directory} holds no finished tokenized text`, { ...again, cause });
    }
    throw new GptError('dataset/corpus-broken', `cannot read meta.json in ${directory}: ${whyUnreadable(cause)}`, {
      ...again,
      cause,
    });
  }
  const version = (raw as { version?: unknown } | null)?.version;
  if (version !== corpusVersion) {
    throw new GptError(
      'dataset/corpus-version',
      `the tokenized text in ${directory} has version ${version}, not ${corpusVersion}`,
      again,
    );
  }
  const parsed = metaSchema.safeParse(raw);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new GptError(
      'dataset/corpus-broken',
      `meta.json in ${directory}: ${issue?.path.join('.')}: ${issue?.message}`,
      again,
    );
  }
  const meta = parsed.data;
  const wanted = meta.tokens * bytesPerToken[meta.dtype];
  const size = statIfThere(join(directory, 'tokens.bin'))?.size;
  if (size !== wanted) {
    const there = size === undefined ? 'is missing' : `has ${size} bytes, not ${wanted}`;
    throw new GptError('dataset/corpus-broken', `tokens.bin in ${directory} ${there}`, again);
  }
  return meta;
}

/** @param base where relative names are read from: where the command was given that tokenized them */
const statOf = (name: string, base: string) =>
  name === 'standard input' ? undefined : statIfThere(resolve(base, name));

const isAs = (
  { size, mtimeMs }: Pick<Source, 'size' | 'mtimeMs'>,
  now: { size: number; mtimeMs: number } | undefined,
) => now?.size === size && now.mtimeMs === mtimeMs;

/** Names of the sources that were modified since they were tokenized. One that is not found was perhaps moved: it is not named. */
export function changedSources(meta: CorpusMeta, base = process.cwd()): string[] {
  const changed = (source: CorpusMeta['sources'][number]) => {
    const now = statOf(source.name, base);
    return now !== undefined && !isAs(source, now);
  };
  return meta.sources.filter(changed).map(({ name }) => name);
}

/** Whether these are the very files that were tokenized, by path, size and time. False where that cannot be seen. */
export function areSources(sources: readonly Source[], meta: CorpusMeta, base = process.cwd()): boolean {
  return (
    sources.length === meta.sources.length &&
    sources.every(({ name, kind, size, mtimeMs }, i) => {
      const then = meta.sources[i]!;
      return kind === 'file' && resolve(name) === resolve(base, then.name) && isAs(then, { size, mtimeMs });
    })
  );
}
