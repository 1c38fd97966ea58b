// gpt-cli eval: a model and data in, numbers out. The work is in run/eval.
import type { Command } from 'commander';
import type { EvaluationEvent, ResultEvent } from '../../run/events.js';
import type { Context } from '../context.js';
import { count, loss, table } from '../format.js';
import { addSettings, layersOf } from '../options.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli eval runs/book held-out.txt
  gpt-cli eval runs/book held-out.txt --json

Text is cut into windows of the context length, and every token is scored once.`;

/** The lines for a person. */
export function resultLines(result: ResultEvent): string[] {
  const rows = [
    ['loss', `${loss(result.loss)} nats a token`],
    ['perplexity', result.perplexity.toPrecision(5)],
    ['bits per byte', result.bitsPerByte.toFixed(4)],
    ['tokens', count(result.tokens)],
  ];
  if (result.accuracy !== undefined) rows.push(['accuracy', `${(100 * result.accuracy).toFixed(2)} %`]);
  if (result.macroF1 !== undefined) rows.push(['macro F1', result.macroF1.toFixed(4)]);
  const lines = table(rows);
  const { confusion, labels } = result;
  if (confusion && labels) {
    const body = confusion.map((row, i) => [labels[i] ?? String(i), ...row.map(String)]);
    lines.push(
      '',
      'true \\ predicted',
      ...table(
        [['', ...labels], ...body],
        [...labels.keys()].map((i) => i + 1),
      ),
    );
  }
  return lines;
}

async function show(events: AsyncIterable<EvaluationEvent>, context: Context): Promise<void> {
  const work = showWork(context);
  try {
    for await (const event of events) {
      if (event.event === 'notice' || event.event === 'phase') work.on(event);
      else {
        work.close();
        if (context.json) context.print(JSON.stringify(event));
        else for (const line of resultLines(event)) context.print(line);
      }
    }
  } finally {
    work.close();
  }
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face GPT-2 folder')
    .argument('<data...>', 'files, folders, globs, or - for standard input');
  addSettings(command, 'eval').addHelpText('after', EXAMPLES);
  command.action(async (run: string, inputs: string[]) => {
    const layers = layersOf(command, 'eval');
    const { evaluate } = await import('../../run/eval.js');
    const { stdin } = context.streams;
    await show(evaluate({ run, inputs, layers, stdin, signal: context.signal }), context);
  });
}
