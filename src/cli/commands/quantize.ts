// gpt-cli quantize: a trained model as a smaller checkpoint. The work is in quantize/quantize.
import { type Command, Option } from 'commander';
import type { QuantizedEvent } from '../../events.js';
import { type Scheme, schemeNames } from '../../quantization/index.js';
import { quoteCommand } from '../../shell-quote.js';
import type { Context } from '../context.js';
import { count, loss, table } from '../format.js';
import { addSettings, layersOf } from '../options.js';
import { showResults } from '../work.js';

const EXAMPLES = `
Examples:
  gpt-cli quantize runs/book --to int8 -o book-int8
  gpt-cli quantize runs/book --to int4 -o book-int4
  gpt-cli sample book-int4 --prompt "Once upon a time"

The folder opens in every command of gpt-cli and in nothing else. --quantize of sample, chat, serve, classify and eval
rounds the weights of any checkpoint when it is loaded, and stores nothing.`;

export function lines({ out, weights, parameters, float32Bytes, bytes, labels, ...losses }: QuantizedEvent): string[] {
  const size = (of: number) => `${(of / 1e6).toFixed(1)} MB`;
  const rows = [
    ['parameters', count(parameters)],
    ['size', `${size(float32Bytes)} in float32, ${size(bytes)} in ${weights}`],
  ];
  const { loss: after, float32Loss: before, tokens } = losses;
  if (after === undefined || before === undefined)
    rows.push(['loss', 'not measured: there is no validation text of the run']);
  else {
    const change = `${after < before ? '-' : '+'}${Math.abs(after - before).toFixed(4)}`;
    rows.push([
      'loss',
      `${loss(before)} in float32, ${loss(after)} in ${weights}: ${change}, on ${count(tokens!)} validation tokens`,
    ]);
  }
  const use = labels
    ? `use it: ${quoteCommand(['gpt-cli', 'classify', out, '...'])}`
    : `sample: ${quoteCommand(['gpt-cli', 'sample', out, '--prompt', '...'])}`;
  return [...table(rows), `saved ${out}`, use];
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .addOption(new Option('--to <scheme>', 'bits of the weights').choices(schemeNames).makeOptionMandatory())
    .requiredOption('-o, --out <folder>', 'the checkpoint folder to write')
    .option('--overwrite', 'replace the folder if it is there');
  addSettings(command, 'quantize').addHelpText('after', EXAMPLES);
  command.action(async (run: string, flags: { to: Scheme; out: string; overwrite?: boolean }) => {
    const { to, out, overwrite = false } = flags;
    const { quantize } = await import('../../quantize/quantize.js');
    const layers = layersOf(command, 'quantize');
    const events = quantize({ run, to, out, overwrite, layers, signal: context.stopOnInterrupt() });
    await showResults(events, lines, context);
  });
}
