// gpt-cli export: a trained model for other programs.
import { type Command, Option } from 'commander';
import { type FormatName, formatNames, formats } from '../../export/formats.js';
import type { Context } from '../context.js';

const EXAMPLES = `
Formats and what --dtype may be (default first):
${Object.entries(formats)
  .map(
    ([name, { help, dtypes, several }]) =>
      `  ${name.padEnd(5)} ${help}\n        ${dtypes.join(', ')}${several ? '; several, with commas; default: all' : ''}`,
  )
  .join('\n')}

Examples:
  gpt-cli export runs/book -o book.gguf
  gpt-cli export runs/book -o book-q8.gguf --dtype q8_0
  gpt-cli export runs/book -o book-onnx --format onnx --dtype f32,q8
  gpt-cli export runs/book -o book.html --format html
  gpt-cli export runs/book -o book-bf16 --format hf --dtype bf16

A checkpoint folder itself opens in transformers, in float32. See docs/models.md.`;

interface Flags {
  readonly out: string;
  readonly format?: FormatName;
  readonly dtype?: string;
  readonly overwrite?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .requiredOption('-o, --out <path>', 'the file (gguf, html) or folder (onnx, hf) to write')
    .addOption(new Option('--format <name>', 'what to write; see below').choices(formatNames).default('gguf'))
    .option('--dtype <names>', 'number format of the matrices; see below')
    .addOption(new Option('--type <name>', 'the former name of --dtype').hideHelp())
    .option('--overwrite', 'replace the file or folder if it is there')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, { type, ...flags }: Flags & { type?: string }) => {
      const { exportAs } = await import('../../export/export.js');
      const { out, format = 'gguf', dtype = type, overwrite = false } = flags;
      const signal = context.stopOnInterrupt();
      const exported = await exportAs(path, { out, format, dtype, overwrite, signal });
      if (context.json) return context.print(JSON.stringify({ event: 'export', out, format, ...exported }));
      const { bytes, tensors } = exported;
      const kinds = Object.entries(exported.formats ?? {}).map(([name, count]) => `${count} ${name}`);
      const size = (count: number) => `${(count / 1e6).toFixed(1)} MB`;
      context.print(`saved ${out}: ${size(bytes)}${tensors ? `, tensors: ${kinds.join(', ')}` : ''}`);
      for (const [name, count] of Object.entries(exported.files ?? {})) context.print(`  ${name}: ${size(count)}`);
      if (exported.rounded)
        context.print(`adapters were trained on weights rounded to ${exported.rounded}, and are merged into these`);
    });
}
