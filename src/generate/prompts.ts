// Writes texts for a file of prompts: rows in, results out in the same order, a row that fails reported in its place.
import { chatTemplateOf, endsOf, parseMessages } from '../chat/index.js';
import { openCheckpoint } from '../checkpoint/index.js';
import { checkOptions, type Layer, resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { PromptEvent, PromptsEvent } from '../events.js';
import type { MemorizationCheck } from '../memorization/check.js';
import { openModel } from '../session/open-model.js';
import { inOrder } from './in-order.js';
import { textModelOf } from './text-model.js';
import { checkSamples, contextNotice, openedCheck, SampleWriter, type TextJob } from './write.js';

/** One row: what it had, or why it cannot be read. */
export type PromptRow =
  | { readonly given: Readonly<Record<string, unknown>> }
  | { readonly given: Readonly<Record<string, unknown>>; readonly error: string };

export interface PromptsOptions {
  /** A run folder, a checkpoint folder or a Hugging Face folder. */
  readonly run: string;
  /** `{"prompt": "..."}` or `{"messages": [...]}`, with any other fields. */
  readonly prompts: readonly PromptRow[];
  readonly layers?: readonly Layer[];
  readonly signal?: AbortSignal | undefined;
}

/**
 * Rows of a text: of JSONL a string, an object with `prompt` or one with `messages` a line; of any other text a prompt a line.
 * Empty lines are skipped.
 * @throws GptError `sample/prompts` where there is none
 */
export function promptRows(text: string, name: string): readonly PromptRow[] {
  const plain = /\.txt$/i.test(name);
  const rows = text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => (plain ? { given: { prompt: line } } : rowOf(line)));
  if (rows.length > 0) return rows;
  throw new GptError('sample/prompts', `there is no prompt in ${name}`, {
    hint: 'a line is {"prompt": "..."}, {"messages": [...]} or a JSON string; in a .txt file it is a prompt',
  });
}

function rowOf(line: string): PromptRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    return { given: {}, error: `the line is not JSON: ${(error as Error).message}` };
  }
  if (typeof value === 'string') return { given: { prompt: value } };
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { given: {}, error: 'the line is neither a string nor an object' };
  return { given: value as Record<string, unknown> };
}

/**
 * Yields a `prompt` event for each text, in the order of the rows, and `phase` events of the progress. Text i of row r has the
 * random stream r * numSamples + i of the seed, whatever else is written at the same time.
 * @throws GptError `sample/prompts` at the end where rows failed
 */
export async function* samplePrompts(options: PromptsOptions): AsyncGenerator<PromptsEvent> {
  checkOptions('samplePrompts', options, { run: true, prompts: true, layers: false, signal: false });
  const { values: config, sources } = resolve('sample', options.layers);
  checkSamples(config, sources);
  const { prompts, signal } = options;
  const { numSamples, beams, maxBatch, maxNewTokens } = config;
  const checkpoint = await openCheckpoint(options.run);
  let check: MemorizationCheck | undefined;
  try {
    const { directory, config: gpt } = checkpoint;
    const tokenizer = await checkpoint.loadTokenizer();
    check = yield* openedCheck(config, { run: options.run, checkpoint, tokenizer, signal });
    const chats = prompts.some(({ given }) => given['messages'] !== undefined);
    const template = chats ? await chatTemplateOf(directory, tokenizer) : undefined;
    const ends = chats ? await endsOf(directory) : undefined;
    const session = yield* openModel(checkpoint, tokenizer, config);
    try {
      const searching = beams > 1;
      const total = prompts.length * (searching ? 1 : numSamples);
      const together = Math.min(maxBatch, total);
      const model = textModelOf(session, { maxTexts: searching ? beams : together });
      const writer = new SampleWriter(model, tokenizer, config, { check, signal });
      let longest = 0;
      const jobOf = (row: PromptRow, index: number): TextJob => {
        const { messages, prompt } = row.given;
        if ('error' in row) throw new GptError('sample/prompts', row.error);
        if (messages !== undefined) {
          const list = parseMessages(messages, '"messages" is not a list of {"role": "user", "content": "..."}');
          if ('malformed' in list)
            throw new GptError('sample/prompts', list.detail ? `${list.detail}: ${list.message}` : list.message);
          return { ids: template!.prompt(list), prompt: '', index, ends };
        }
        if (typeof prompt !== 'string')
          throw new GptError('sample/prompts', 'the row has no "prompt" and no "messages"');
        return { ids: model.prompt(prompt).ids, prompt, index };
      };
      async function* write(number: number): AsyncGenerator<PromptEvent> {
        const row = searching ? number : Math.floor(number / numSamples);
        const { given } = prompts[row]!;
        try {
          const job = jobOf(prompts[row]!, searching ? number * numSamples : number);
          longest = Math.max(longest, job.ids.length);
          const events = searching ? writer.search(job) : writer.write(job);
          for await (const event of events) {
            if (event.event === 'sample') yield { event: 'prompt', row, given, result: event };
          }
        } catch (error) {
          if (!(error instanceof GptError)) throw error;
          const { message, hint } = error;
          yield { event: 'prompt', row, given, result: { error: hint ? `${message} (${hint})` : message } };
        }
      }
      let done = 0;
      let failed = 0;
      const texts = searching ? prompts.length * numSamples : total;
      for await (const event of inOrder(total, searching ? 1 : together, write)) {
        if ('error' in event.result) failed++;
        yield event;
        yield { event: 'phase', name: 'writing', done: ++done, total: texts };
      }
      yield* contextNotice(model, Math.min(longest, gpt.blockSize) + maxNewTokens);
      if (failed > 0)
        throw new GptError('sample/prompts', `${failed} of ${texts} texts could not be written`, {
          hint: 'the lines with "error" say why',
        });
    } finally {
      await session.close();
    }
  } finally {
    check?.close();
    await checkpoint.close();
  }
}
