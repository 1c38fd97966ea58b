// gpt-cli eval: a model and data in, numbers out. The work is in evaluate/evaluate.
import type { Command } from 'commander';
import { flagName, type Layer, leastMatch } from '../../config/index.js';
import { columnNames, templateText } from '../../dataset/labelled/flag-values.js';
import { GptError } from '../../errors.js';
import type { ResultEvent } from '../../events.js';
import { confusionLines } from '../confusion.js';
import type { Context } from '../context.js';
import { count, loss, table } from '../format.js';
import { memorizationLines } from '../memorized.js';
import { addSettings, layersOf } from '../options.js';
import { suiteLines } from '../suite-lines.js';
import type { Paint } from '../terminal-text.js';
import { wholeNumber } from '../whole-number.js';
import { showResults } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli eval runs/book held-out.txt
  gpt-cli eval runs/book held-out.txt --json
  gpt-cli eval runs/book held-out.txt --quantize int4    what 4-bit weights cost
  gpt-cli eval runs/reviews test.csv            a classifier: accuracy, macro F1, confusion matrix
  gpt-cli eval runs/race test.jsonl             multiple choice: the same, choices by number
  gpt-cli eval runs/questions test.jsonl        prompts and completions: the loss of the completions
  gpt-cli eval runs/translate test.jsonl --generate   the same, and BLEU and chrF of what the model writes
  gpt-cli eval runs/book --suite blimp.jsonl --limit 500   minimal pairs, multiple choice, answers (docs/evaluation.md)
  gpt-cli eval runs/book --memorized --num-samples 200     what it gives away of the text it was trained on

Of a folder with train, valid and test the test data is scored. Rows whose label the model does not know count as wrong.
Text is cut into windows of the context length, and every token is scored once.

--suite: a JSONL file of {"context", "choices", "label"}, {"good", "bad"} or {"prompt", "answers"}. Accuracy of the likeliest choice,
whole, per token and per byte; of minimal pairs; exact match and F1 of answers that are written greedily. With standard errors.

--memorized (docs/memorization.md): passages of the training text as prompts, how many are continued verbatim, and texts written
unprompted, how much of them is in the training text. The data, if it is named, is the training text that the run no longer has.`;

/** What rounding the weights costs. */
function weightRows({ weights, float32, loss: rounded, accuracy }: ResultEvent): string[][] {
  if (!weights) return [];
  if (!float32) return [['weights', weights]];
  const change = (now: number, before: number, digits: number) =>
    `${now < before ? '-' : '+'}${Math.abs(now - before).toFixed(digits)}`;
  const rows = [
    ['weights', `${weights}; float32: loss ${loss(float32.loss)}, change ${change(rounded, float32.loss, 4)}`],
  ];
  if (accuracy !== undefined && float32.accuracy !== undefined) {
    const [now, before] = [100 * accuracy, 100 * float32.accuracy];
    rows.push(['', `float32: accuracy ${before.toFixed(2)} %, change ${change(now, before, 2)}`]);
  }
  return rows;
}

/** The lines for a person. */
export function resultLines(result: ResultEvent, paint?: Paint): string[] {
  const { accuracy, macroF1, confusion, labels, bitsPerByte, examples, unknownLabels = {}, unseenCharacters } = result;
  const labelled = accuracy !== undefined;
  const rows = [['loss', `${loss(result.loss)} nats per ${labelled ? 'text' : 'token'}`]];
  if (!labelled) rows.push(['perplexity', result.perplexity.toPrecision(5)]);
  if (Number.isFinite(bitsPerByte)) rows.push(['bits per byte', bitsPerByte.toFixed(4)]);
  rows.push(['tokens', count(result.tokens)]);
  if (unseenCharacters !== undefined) rows.push(['unseen characters', count(unseenCharacters)]);
  if (examples !== undefined) rows.push(['examples', count(examples)]);
  const unknown = Object.values(unknownLabels);
  if (unknown.length > 0) rows.push(['unknown labels', `${count(unknown.reduce((a, b) => a + b))} of the examples`]);
  if (labelled) rows.push(['accuracy', `${(100 * accuracy).toFixed(2)} %`]);
  if (macroF1 !== undefined) rows.push(['macro F1', macroF1.toFixed(4)]);
  rows.push(...weightRows(result));
  if (result.bleu !== undefined) rows.push(['BLEU', `${result.bleu.toFixed(2)}  ${result.bleuSignature}`]);
  if (result.chrf !== undefined) rows.push(['chrF', `${result.chrf.toFixed(2)}  ${result.chrfSignature}`]);
  const lines = table(rows);
  if (confusion && labels) lines.push('', ...confusionLines(confusion, labels, paint, unknown.length));
  return lines;
}

interface EvalFlags {
  readonly textColumn?: string;
  readonly labelColumn?: string;
  readonly promptTemplate?: string;
  readonly memorized?: true;
  readonly numSamples?: string;
  readonly minMatch?: string;
  readonly promptTokens?: string;
  readonly suite?: string;
  readonly generate?: true;
  readonly limit?: string;
  readonly maxNewTokens?: string;
}

function rowsAndTokens({ limit, maxNewTokens }: EvalFlags) {
  return {
    limit: limit === undefined ? undefined : wholeNumber('--limit', limit, 1, 1e9),
    maxNewTokens: maxNewTokens === undefined ? undefined : wholeNumber('--max-new-tokens', maxNewTokens, 1, 1e6),
  };
}

async function measureSuite(run: string, file: string, flags: EvalFlags, layers: readonly Layer[], context: Context) {
  const options = { run, file, layers, signal: context.stopOnInterrupt(), ...rowsAndTokens(flags) };
  const { evaluateSuite } = await import('../../evaluate/suite/suite.js');
  await showResults(evaluateSuite(options), suiteLines, context);
}

/** Of `eval --memorized`. */
const memorizedFlags = ['numSamples', 'minMatch', 'promptTokens'] as const;

async function measureMemorization(
  run: string,
  inputs: readonly string[],
  flags: EvalFlags,
  layers: readonly Layer[],
  context: Context,
): Promise<void> {
  const given = (flag: string, text: string | undefined, min: number, max: number) =>
    text === undefined ? undefined : wholeNumber(flag, text, min, max);
  const options = {
    ...{ run, inputs, layers, stdin: context.streams.stdin, signal: context.stopOnInterrupt() },
    numSamples: given('--num-samples', flags.numSamples, 1, 1e6),
    minMatch: given('--min-match', flags.minMatch, leastMatch, 1e5),
    promptTokens: given('--prompt-tokens', flags.promptTokens, 1, 1e6),
  };
  const { memorization } = await import('../../memorization/measure.js');
  await showResults(memorization(options), memorizationLines, context);
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .argument('[data...]', 'files, folders, globs, or - for standard input');
  command
    .option('--text-column <name>', 'of a table: column of the text; two with a comma between them for pairs')
    .option('--label-column <name>', 'of a table: column of the label')
    .option('--prompt-template <template>', 'of a table: how columns make a prompt (default: that of the run)')
    .option('--memorized', 'how much of its training text the model gives away')
    .option('--num-samples <n>', 'with --memorized: passages to prompt with, and texts to write (default: 100)')
    .option(
      '--min-match <n>',
      'with --memorized: tokens that a passage has at least (default: as many as 64 bytes of the training text, 16 to 64)',
    )
    .option('--prompt-tokens <n>', 'with --memorized: tokens of a prompt (default: 50, less in a short context)');
  command
    .option('--suite <file>', 'zero-shot examples: multiple choice, minimal pairs, questions with answers')
    .option('--generate', 'of prompts and completions: also write the answers, greedily; BLEU and chrF')
    .option('--limit <n>', 'of a table or suite: only the first n rows')
    .option('--max-new-tokens <n>', 'with --suite or --generate: tokens of an answer at most (default: 256)');
  addSettings(command, 'eval').addHelpText('after', EXAMPLES);
  command.action(async (run: string, inputs: string[], flags: EvalFlags) => {
    const layers = layersOf(command, 'eval');
    if (flags.memorized) {
      if (flags.suite !== undefined) throw new GptError('cli/flag', '--suite and --memorized cannot be used together');
      await measureMemorization(run, inputs, flags, layers, context);
      return;
    }
    const alone = memorizedFlags.find((flag) => flags[flag] !== undefined);
    if (alone !== undefined) throw new GptError('cli/flag', `--${flagName(alone)} has a meaning only with --memorized`);
    if (flags.suite !== undefined) {
      if (inputs.length > 0)
        throw new GptError('cli/flag', `--suite scores its own file, and ${inputs[0]} is named too`);
      await measureSuite(run, flags.suite, flags, layers, context);
      return;
    }
    if (flags.maxNewTokens !== undefined && !flags.generate)
      throw new GptError('cli/flag', '--max-new-tokens has a meaning only with --suite or --generate');
    if (inputs.length === 0) {
      throw new GptError('cli/data', "missing required argument 'data'", { hint: 'see gpt-cli eval --help' });
    }
    const { evaluate } = await import('../../evaluate/evaluate.js');
    const { stdin } = context.streams;
    const choice = {
      ...rowsAndTokens(flags),
      generate: flags.generate,
      textColumns: flags.textColumn === undefined ? undefined : columnNames(flags.textColumn),
      labelColumn: flags.labelColumn,
      promptTemplate: flags.promptTemplate === undefined ? undefined : templateText(flags.promptTemplate),
    };
    const events = evaluate({ run, inputs, layers, stdin, signal: context.stopOnInterrupt(), ...choice });
    await showResults(events, (result) => resultLines(result, context.paint), context);
  });
}
