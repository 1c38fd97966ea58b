// gpt-cli tokenizer: train one, use one, describe one.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { type Command, Option } from 'commander';
import { settings } from '../../config/index.js';
import { GptError, whyUnreadable } from '../../errors.js';
import type { PhaseEvent } from '../../events.js';
import { isPipe, makeFolder, readPipe, replaceFile } from '../../files/index.js';
import type { Tokenizer } from '../../tokenizer/index.js';
import type { Context } from '../context.js';
import { count, table } from '../format.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli tokenizer train book.txt --vocab-size 4096 -o tokenizer.json
  gpt-cli tokenizer encode tokenizer.json "Hello there"
  gpt-cli tokenizer encode runs/book --input book.txt --json
  gpt-cli tokenizer decode tokenizer.json 464 3290
  gpt-cli tokenizer info runs/book`;

const WHERE = 'a tokenizer.json, the folder of one, or a run';

interface UseFlags {
  readonly tokenizer?: string;
  readonly input?: string;
  readonly special?: boolean;
}

/** `<tokenizer> words...`, or `--tokenizer PATH words...`. */
function split(words: readonly string[], flags: UseFlags): { path: string; rest: readonly string[] } {
  const [first, ...rest] = words;
  if (flags.tokenizer !== undefined) return { path: flags.tokenizer, rest: words };
  if (first !== undefined) return { path: first, rest };
  throw new GptError('cli/tokenizer', 'no tokenizer is given', { hint: `name ${WHERE}` });
}

/** The text of the arguments, of --input, or of standard input (`-`). */
async function readInput(words: readonly string[], flags: UseFlags, what: string, context: Context): Promise<string> {
  if (words.length > 0 && flags.input !== undefined) {
    throw new GptError('cli/input', `${what} is given twice`, { hint: 'remove --input or the argument' });
  }
  const source = flags.input ?? (words.length === 1 && words[0] === '-' ? '-' : undefined);
  if (source === '-') return readAll(context.streams.stdin);
  if (source === undefined) {
    if (words.length > 0) return words.join(' ');
    throw new GptError('cli/input', `no ${what} is given`, {
      hint: 'add it, or --input FILE, or - for standard input',
    });
  }
  try {
    if (!isPipe(source)) return await readFile(source, 'utf8');
    const chunks: Buffer[] = [];
    for await (const chunk of readPipe(source, context.stopOnInterrupt())) chunks.push(Buffer.from(chunk));
    return Buffer.concat(chunks).toString('utf8');
  } catch (cause) {
    if (context.interrupted) throw cause;
    throw new GptError('cli/input', `cannot read ${source}: ${whyUnreadable(cause)}`, { cause });
  }
}

const load = async (path: string) => (await import('../../tokenizer/index.js')).loadTokenizer(path);

interface TrainFlags {
  readonly kind: 'char' | 'byte' | 'bpe';
  readonly vocabSize?: string;
  readonly textKey?: string;
  readonly out: string;
  readonly overwrite?: boolean;
}

async function makeTokenizer(inputs: string[], flags: TrainFlags, context: Context): Promise<Tokenizer> {
  const { byteTokenizer, trainBpeTokenizer, trainCharTokenizer } = await import('../../tokenizer/index.js');
  const { readTexts } = await import('../../dataset/index.js');
  const { phase } = await import('../../session/phase.js');
  const signal = context.stopOnInterrupt();
  if (flags.kind === 'byte') return byteTokenizer();
  const texts = readTexts(inputs, {
    signal,
    stdin: context.streams.stdin,
    ...(flags.textKey !== undefined && { textKey: flags.textKey }),
  });
  const { schema, expects, default: most, read } = settings['vocabSize']!;
  const vocabSize = schema.safeParse(flags.vocabSize === undefined ? most : read(flags.vocabSize));
  if (!vocabSize.success) {
    throw new GptError('config/value', `"vocab-size" must be ${expects}, got ${JSON.stringify(flags.vocabSize)}`);
  }
  if (flags.kind === 'char')
    return follow(
      phase('reading the characters', () => trainCharTokenizer(texts)),
      context,
    );
  const options = { vocabSize: vocabSize.data as number, signal };
  const work = phase('training the tokenizer', (onProgress) => trainBpeTokenizer(texts, { ...options, onProgress }));
  return follow(work, context);
}

/** Shows the phases of some work and resolves to its result. */
async function follow<T>(work: AsyncGenerator<PhaseEvent, T>, context: Context): Promise<T> {
  const shown = showWork(context);
  try {
    for (;;) {
      const step = await work.next();
      if (step.done) return step.value;
      shown.on(step.value);
    }
  } finally {
    shown.close();
  }
}

async function writeWhole(path: string, content: unknown): Promise<void> {
  try {
    await makeFolder(dirname(path));
    await replaceFile(path, `${JSON.stringify(content, null, 2)}\n`);
  } catch (cause) {
    throw new GptError('cli/write', `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}

async function train(inputs: string[], flags: TrainFlags, context: Context): Promise<void> {
  const path = flags.out.endsWith('.json') ? flags.out : join(flags.out, 'tokenizer.json');
  if (existsSync(path) && !flags.overwrite) {
    throw new GptError('cli/exists', `${path} exists`, { hint: 'name another with --out, or add --overwrite' });
  }
  if (flags.kind !== 'bpe' && flags.vocabSize !== undefined) {
    throw new GptError('config/vocab', `vocab-size (${flags.vocabSize}) is for --kind bpe, not ${flags.kind}`, {
      hint: 'remove it',
    });
  }
  if (inputs.length === 0 && flags.kind !== 'byte') {
    throw new GptError('cli/input', 'no text is given', { hint: 'name files or folders, or - for standard input' });
  }
  context.writesFiles();
  const tokenizer = await makeTokenizer(inputs, flags, context);
  await writeWhole(path, tokenizer.toJSON());
  const { kind, vocabSize } = tokenizer;
  if (context.json) return context.print(JSON.stringify({ kind, vocabSize, path }));
  context.print(`${kind} tokenizer with ${count(vocabSize)} entries: ${path}`);
}

async function encode(words: string[], flags: UseFlags, context: Context): Promise<void> {
  const { path, rest } = split(words, flags);
  const text = await readInput(rest, flags, 'text', context);
  const ids = Array.from((await load(path)).encode(text, { special: flags.special === true }));
  context.print(context.json ? JSON.stringify({ ids }) : ids.join(' '));
}

async function decode(words: string[], flags: UseFlags, context: Context): Promise<void> {
  const { path, rest } = split(words, flags);
  const given = await readInput(rest, flags, 'list of ids', context);
  const tokenizer = await load(path);
  const ids = readIds(given, tokenizer);
  const text = tokenizer.decode(ids, { special: flags.special === true });
  if (context.json) return context.print(JSON.stringify({ text }));
  context.write(text);
  if (context.streams.stdout.isTTY && !text.endsWith('\n')) context.write('\n');
}

/** Ids between spaces or commas; `[1, 2]` and what `encode --json` prints are understood. */
function readIds(text: string, { vocabSize }: Tokenizer): number[] {
  const words = text
    .replace(/^\s*\{\s*"ids"\s*:/, '')
    .replace(/[[\]{},]/g, ' ')
    .split(/\s+/)
    .filter(Boolean);
  return words.map((word) => {
    if (!/^\d+$/.test(word) || Number(word) >= vocabSize) {
      throw new GptError('tokenizer/id', `"${word}" is no id of this tokenizer`, {
        hint: `ids are whole numbers from 0 to ${vocabSize - 1}`,
      });
    }
    return Number(word);
  });
}

async function info(words: string[], flags: UseFlags, context: Context): Promise<void> {
  const { path, rest } = split(words, flags);
  if (rest.length > 0) throw new GptError('cli/input', `unexpected argument ${JSON.stringify(rest[0])}`);
  const tokenizer = await load(path);
  const { kind, vocabSize, endOfText } = tokenizer;
  const { model } = tokenizer.toJSON() as { model?: { merges?: unknown[] } };
  const tokens = Array.from({ length: vocabSize }, (_, id) => tokenizer.bytesOf(id));
  const longest = tokens
    .map((bytes, id) => ({ id, bytes: bytes.length }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 8);
  const facts = { kind, vocabSize, merges: model?.merges?.length ?? 0, endOfText };
  const texts = longest.map(({ id }) => tokenizer.decode([id]));
  if (context.json) return context.print(JSON.stringify({ ...facts, longest: texts }));
  const end = tokenizer.decode([endOfText], { special: true });
  const rows = [
    ['kind', kind],
    ['entries', count(vocabSize)],
    ['merges', count(facts.merges)],
    ['end of text', `${endOfText} (${end})`],
    ['longest', texts.map((text) => JSON.stringify(text)).join(' ')],
  ];
  for (const line of table(rows)) context.print(line);
}

export function define(command: Command, context: Context): void {
  const use = (name: string, description: string) =>
    command
      .command(name)
      .description(description)
      .option('--tokenizer <path>', `${WHERE}, if it is not the first argument`);
  const input = (own: Command) => own.option('--input <file>', 'read that file; - is standard input');

  command
    .command('train')
    .description('train a tokenizer on text')
    .argument('[text...]', 'files, folders, globs, or - for standard input')
    .addOption(
      new Option('--kind <kind>', 'units that text is split into').choices(['char', 'byte', 'bpe']).default('bpe'),
    )
    .option('--text-key <name>', 'key or column of the text in JSONL, JSON, CSV and TSV files (default: text)')
    .option('--vocab-size <n>', `vocabulary size of a bpe tokenizer (default: ${settings['vocabSize']!.default})`)
    .option('-o, --out <path>', 'file ending in .json, or a folder', 'tokenizer.json')
    .option('--overwrite', 'replace the file')
    .action((inputs: string[], flags: TrainFlags) => train(inputs, flags, context));
  input(use('encode', 'text to ids'))
    .argument('[tokenizer]', WHERE)
    .argument('[text...]', 'the text, or - for standard input')
    .option('--special', 'read <|endoftext|> in the text as that token')
    .action((first: string | undefined, rest: string[], flags: UseFlags) =>
      encode([...(first === undefined ? [] : [first]), ...rest], flags, context),
    );
  input(use('decode', 'ids to text'))
    .argument('[tokenizer]', WHERE)
    .argument('[ids...]', 'the ids, or - for standard input')
    .option('--special', 'write <|endoftext|> too')
    .action((first: string | undefined, rest: string[], flags: UseFlags) =>
      decode([...(first === undefined ? [] : [first]), ...rest], flags, context),
    );
  use('info', 'kind, size, merges, longest entries')
    .argument('[tokenizer]', WHERE)
    .action((first: string | undefined, flags: UseFlags) => info(first === undefined ? [] : [first], flags, context));
  command.addHelpText('after', EXAMPLES);
}
