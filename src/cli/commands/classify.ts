// gpt-cli classify: texts in, labels out. The work is in classify/classify.
import type { Command } from 'commander';
import { columnNames } from '../../dataset/labelled/flag-values.js';
import { GptError } from '../../errors.js';
import type { ClassEvent, ClassifyingEvent } from '../../events.js';
import { statIfThere } from '../../files/index.js';
import { quoteWord } from '../../shell-quote.js';
import { ClassFile } from '../class-output.js';
import type { Context } from '../context.js';
import { count, table } from '../format.js';
import { addSettings, layersOf } from '../options.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli classify runs/reviews "What a lovely film"
  gpt-cli classify runs/reviews --input new.csv --output labelled.csv
  gpt-cli classify runs/reviews --input texts.txt --json          one text per line
  gpt-cli classify runs/race --input questions.jsonl              multiple choice: the chosen answer
  cat texts.txt | gpt-cli classify runs/reviews -`;

interface ClassifyFlags {
  readonly input?: string;
  readonly output?: string;
  readonly textColumn?: string;
}

/** One text: every label with a bar; several: a line each. */
function linesFor({ text, choices, label, scores }: ClassEvent, alone: boolean): string[] {
  const read = [text, ...(choices ? [choices[Number(label)]!] : [])].map((part) => part.replace(/\s+/g, ' '));
  if (!alone) return [[label, scores[label]!.toFixed(4), ...read].join('\t')];
  const sorted = Object.entries(scores).sort((a, b) => b[1] - a[1]);
  return table(
    sorted.map(([name, share]) => [name, `${(100 * share).toFixed(1)} %`, '█'.repeat(Math.round(24 * share))]),
    [1],
  );
}

async function show(
  events: AsyncIterable<ClassifyingEvent>,
  file: ClassFile | undefined,
  alone: boolean,
  context: Context,
): Promise<void> {
  const work = showWork(context);
  let rows = 0;
  try {
    for await (const event of events) {
      if (event.event !== 'class') {
        work.on(event);
        continue;
      }
      rows++;
      if (file) await file.write(event);
      else {
        work.close();
        if (context.json) context.print(JSON.stringify(event));
        else for (const line of linesFor(event, alone)) context.print(line);
      }
      if (file && context.json) context.print(JSON.stringify(event));
    }
    await file?.finish();
    work.close();
    if (file && !context.json) context.note(`${count(rows)} texts labelled in ${file.path}`);
  } catch (error) {
    await file?.abandon();
    throw error;
  } finally {
    work.close();
  }
}

/** What is to be classified, from the three ways to say it. */
function inputOf(text: string | undefined, flags: ClassifyFlags, context: Context) {
  if (text !== undefined && flags.input !== undefined) {
    throw new GptError('cli/input', 'there are a text and --input', { hint: 'give one of them' });
  }
  if (flags.input !== undefined) return { file: flags.input };
  if (text === '-') return { stdin: context.streams.stdin };
  if (text !== undefined && text.trim() !== '') {
    if (statIfThere(text)?.isFile())
      context.warn(`${text} is a file, but its name is what is classified (--input ${quoteWord(text)} reads it)`);
    return [text];
  }
  throw new GptError('cli/input', text === undefined ? 'there is no text' : 'the text is empty', {
    hint: 'give a text in quotes, --input with a file, or - for standard input',
  });
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder of a classifier')
    .argument('[text]', 'the text, or - for one text per line from standard input')
    .option('--input <file>', 'a CSV, TSV or JSONL file, or a text file with one text per line')
    .option('--output <file>', 'file for the labels: .csv, .tsv or .jsonl')
    .option('--text-column <name>', 'column of the text; two with a comma between them for pairs');
  addSettings(command, 'classify').addHelpText('after', EXAMPLES);
  command.action(async (run: string, text: string | undefined, flags: ClassifyFlags) => {
    const layers = layersOf(command, 'classify');
    const input = inputOf(text, flags, context);
    const { classify } = await import('../../classify/classify.js');
    const file = flags.output === undefined ? undefined : await ClassFile.create(flags.output, flags.input);
    const textColumns = flags.textColumn === undefined ? undefined : columnNames(flags.textColumn);
    if (file) context.writesFiles();
    const signal = context.stopOnInterrupt();
    await show(classify({ run, input, textColumns, layers, signal }), file, Array.isArray(input), context);
  });
}
