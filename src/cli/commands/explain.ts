// gpt-cli explain: what a model makes of a text, in a terminal or as a page.
import type { Command } from 'commander';
import { readWhole } from '../../dataset/read-whole.js';
import { GptError } from '../../errors.js';
import type { ExplainEvent, Explanation } from '../../explain/explain.js';
import { AtomicFile } from '../../files/index.js';
import type { Context } from '../context.js';
import { showExplanation } from '../explain-output.js';
import { addSettings, layersOf } from '../options.js';
import { visibleLine } from '../terminal-text.js';
import { unwritable } from '../unwritable.js';
import { showWork } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli explain runs/book --prompt "Once upon a time there was"
  gpt-cli explain runs/book --prompt "The fox and the fox" --lens
  gpt-cli explain runs/book --heads
  gpt-cli explain runs/book --text letter.txt          the most surprising tokens of a document
  gpt-cli explain runs/book --prompt "Rolf met Ida. Rolf" --target " met" " was"     which words led to it
  gpt-cli explain runs/book --prompt "Rolf met Ida." --against "Otto met Ida."       where the two differ
  gpt-cli explain runs/moods --prompt "Wren lost a ring." --target sad               a classifier
  gpt-cli explain runs/book --prompt "..." --attention --json
  gpt-cli explain runs/book --prompt "..." --html page.html                            all of it as a page

Surprise is -log2 of the probability that the model gave the token that came: 0 bits if it was certain.
--lens shows what each block would predict (logit lens); --heads scores every head on random tokens that are repeated:
previous token, first token, duplicate token, induction (Olsson et al. 2022).

--attribution, --target and --against explain what is predicted after the text, the next token or the label: the difference of
the logits of one target and another, by default of the two most likely. Of each word: occlusion, by how much the difference
falls without it; integrated gradients (Sundararajan et al. 2017), whose sum is the whole difference; gradient x input.
--against patches the residual stream of --prompt into a pass over another text, layer by layer and token by token.`;

interface ExplainFlags {
  readonly prompt?: string;
  readonly text?: string;
  readonly top: string;
  readonly lens?: boolean;
  readonly heads?: boolean;
  readonly attention?: boolean;
  readonly attribution?: boolean;
  readonly target?: readonly string[];
  readonly against?: string;
  readonly html?: string;
}

function topOf({ top }: ExplainFlags): number {
  const value = Number(top);
  if (Number.isSafeInteger(value) && value >= 0 && value <= 1000) return value;
  throw new GptError('cli/top', `--top is ${visibleLine(top)}, expected a whole number from 0 to 1000`);
}

/** The text of --prompt or --text. */
async function textOf(
  { prompt, text, heads, target, against, attribution }: ExplainFlags,
  { streams: { stdin } }: Context,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (prompt !== undefined && text !== undefined)
    throw new GptError('cli/prompt', 'there are two texts', { hint: 'use one of --prompt and --text' });
  if (text === '-') return readWhole({ name: 'standard input', kind: 'stdin' }, { stdin, signal });
  if (text !== undefined) return readWhole({ name: text, kind: 'file' }, { stdin, signal });
  const needed = !heads || target !== undefined || against !== undefined || attribution;
  if (prompt === undefined && needed)
    throw new GptError('cli/prompt', 'there is no text to explain', { hint: 'give --prompt, --text or --heads' });
  return prompt;
}

/** Shows progress, and gives what was found. */
async function found(events: AsyncIterable<ExplainEvent>, context: Context): Promise<Explanation> {
  const work = showWork(context);
  try {
    for await (const event of events) {
      if (event.event === 'explanation') return event;
      work.on(event);
    }
  } finally {
    work.close();
  }
  throw new Error('nothing was explained');
}

/** Writes what `work` finds as a page: the file is complete, or as it was. */
async function savePage(path: string, run: string, work: () => Promise<Explanation>): Promise<Explanation> {
  const { explanationPage } = await import('../../explain/page/page.js');
  const failed = (error: unknown) => {
    throw unwritable(error, path);
  };
  const file = await AtomicFile.create(path).catch(failed);
  try {
    const explanation = await work();
    await file.write(explanationPage(explanation, run)).catch(failed);
    await file.commit().catch(failed);
    return explanation;
  } catch (error) {
    await file.abandon();
    throw error;
  }
}

export function define(command: Command, context: Context): void {
  addSettings(
    command
      .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
      .option('--prompt <text>', 'the text to explain')
      .option('--text <file>', 'a document to explain; - for standard input')
      .option('--top <n>', 'alternatives to each token', '3')
      .option('--lens', 'what each block would predict')
      .option('--heads', 'what each attention head does')
      .option('--attention', 'with --json: the weights of every head')
      .option('--attribution', 'which words led to what is predicted after the text')
      .option('--target <name...>', 'the next token or label to explain, and what it is compared with')
      .option('--against <text>', 'a text of as many tokens: where in the model the two differ')
      .option('--html <file>', 'everything as a page that opens in a browser, without a network')
      .addHelpText('after', EXAMPLES),
    'eval',
  ).action(async (run: string, flags: ExplainFlags, own: Command) => {
    const top = topOf(flags);
    const { explain } = await import('../../explain/explain.js');
    const signal = context.stopOnInterrupt();
    const text = await textOf(flags, context, signal);
    const { lens = false, heads = false, attention = false, attribution = false, target, against } = flags;
    const asked = { lens, heads, attention, attribution, against, ...(target && { targets: target }) };
    const layers = layersOf(own, 'eval');
    const work = (everything: boolean) =>
      found(explain({ run, text, top, ...asked, everything, layers, signal }), context);
    if (flags.html !== undefined) context.writesFiles();
    const explanation =
      flags.html === undefined ? await work(false) : await savePage(flags.html, run, () => work(true));
    if (context.json) context.print(JSON.stringify(explanation));
    else if (flags.html === undefined) showExplanation(explanation, flags.text !== undefined, context);
    else context.print(`saved ${flags.html}`);
  });
}
