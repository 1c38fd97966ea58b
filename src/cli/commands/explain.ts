// gpt-cli explain: what a model makes of a text, in a terminal.
import type { Command } from 'commander';
import { readWhole } from '../../dataset/read-whole.js';
import { GptError } from '../../errors.js';
import type { ExplainedToken, Explanation, NamedHead } from '../../explain/explain.js';
import type { Context } from '../context.js';
import { table } from '../format.js';
import { addSettings, layersOf } from '../options.js';
import { visibleLine } from '../terminal-text.js';

const EXAMPLES = `
Examples:
  gpt-cli explain runs/book --prompt "Once upon a time there was"
  gpt-cli explain runs/book --prompt "The fox and the fox" --lens
  gpt-cli explain runs/book --heads
  gpt-cli explain runs/book --text letter.txt          the most surprising tokens of a document
  gpt-cli explain runs/book --prompt "..." --attention --json

Surprise is -log2 of the probability that the model gave the token that came: 0 bits if it was certain.
--lens shows what each block would predict (logit lens); --heads scores every head on random tokens that are repeated:
previous token, first token, duplicate token, induction (Olsson et al. 2022).`;

interface ExplainFlags {
  readonly prompt?: string;
  readonly text?: string;
  readonly top: string;
  readonly lens?: boolean;
  readonly heads?: boolean;
  readonly attention?: boolean;
}

const percent = (probability: number) => `${(100 * probability).toFixed(1)} %`;

/** From this many bits on a token has the strongest colour. */
const strongest = 12;

/** The text, each token on a background that is the redder the more surprising it was. */
function coloured(tokens: readonly ExplainedToken[], { paint }: Context): string {
  const style = (bits: number) => paint.background(Math.round(20 + 180 * Math.min(1, bits / strongest)), 20, 30);
  return tokens.map(({ text, bits }) => style(bits)(text)).join('');
}

function tokenTable(tokens: readonly ExplainedToken[]): string[] {
  const rows = tokens.map(({ text, bits, probability, rank, top }) => [
    JSON.stringify(text),
    bits.toFixed(2),
    percent(probability),
    String(rank),
    top.map((each) => `${JSON.stringify(each.text)} ${percent(each.probability)}`).join('  '),
  ]);
  return table([['token', 'bits', 'probability', 'rank', 'most likely'], ...rows], [1, 2, 3]);
}

function lensTable(tokens: readonly ExplainedToken[]): string[] {
  const blocks = tokens[0]?.lens?.length ?? 0;
  const names = Array.from({ length: blocks }, (_, i) => (i === 0 ? 'embeddings' : `block ${i}`));
  const rows = tokens.map(({ text, lens }) => [
    JSON.stringify(text),
    ...lens!.map((each) => `${JSON.stringify(each.text)} ${(100 * each.probability).toFixed(0)} %`),
  ]);
  return table([['token', ...names], ...rows]);
}

function headTable(heads: readonly NamedHead[]): string[] {
  const rows = heads.map(({ layer, head, previous, first, duplicate, induction, name }) => {
    const scores = [previous, first, duplicate, induction].map((score) => score.toFixed(2));
    return [`${layer + 1}.${head + 1}`, ...scores, name ?? ''];
  });
  return table([['block.head', 'previous', 'first', 'duplicate', 'induction', ''], ...rows], [1, 2, 3, 4]);
}

/** How many tokens of a document are listed. */
const listed = 20;

function show(explanation: Explanation, document: boolean, context: Context): void {
  const { tokens, bits, bitsPerByte, heads } = explanation;
  const say = (lines: readonly string[]) => {
    for (const line of lines) context.print(line);
  };
  if (tokens.length > 0) {
    if (context.color && !document) context.print(`${coloured(tokens, context)}\n`);
    const shown = document ? [...tokens].sort((a, b) => b.bits - a.bits).slice(0, listed) : tokens;
    say(tokenTable(shown));
    if (tokens[0]!.lens) say(['', ...lensTable(shown)]);
    say(['', `${tokens.length} tokens, ${bits.toFixed(1)} bits, ${bitsPerByte.toFixed(3)} bits per byte`]);
  }
  if (heads) say([...(tokens.length > 0 ? [''] : []), ...headTable(heads)]);
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
      .addHelpText('after', EXAMPLES),
    'eval',
  ).action(async (run: string, flags: ExplainFlags, own: Command) => {
    const top = Number(flags.top);
    if (!Number.isSafeInteger(top) || top < 0 || top > 1000)
      throw new GptError('cli/top', `--top is ${visibleLine(flags.top)}, expected a whole number from 0 to 1000`);
    if (flags.prompt !== undefined && flags.text !== undefined)
      throw new GptError('cli/prompt', 'there are two texts', { hint: 'use one of --prompt and --text' });
    const { explain } = await import('../../explain/explain.js');
    const signal = context.stopOnInterrupt();
    const source = flags.text === '-' ? ({ name: 'standard input', kind: 'stdin' } as const) : undefined;
    const text =
      flags.text === undefined
        ? flags.prompt
        : await readWhole(source ?? { name: flags.text, kind: 'file' }, { stdin: context.streams.stdin, signal });
    if (text === undefined && !flags.heads)
      throw new GptError('cli/prompt', 'there is no text to explain', { hint: 'give --prompt, --text or --heads' });
    const { lens, heads, attention } = flags;
    const asked = { ...(lens && { lens }), ...(heads && { heads }), ...(attention && { attention }) };
    for await (const event of explain({ run, text, top, ...asked, layers: layersOf(own, 'eval'), signal })) {
      if (event.event === 'notice') context.warn(event.message);
      else if (context.json) context.print(JSON.stringify(event));
      else show(event, flags.text !== undefined, context);
    }
  });
}
