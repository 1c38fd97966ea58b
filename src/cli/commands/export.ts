// gpt-cli export: a trained model for other programs.
import { type Command, Option } from 'commander';
import { type Writable, writable } from '../../gguf/quantize.js';
import type { Context } from '../context.js';

const EXAMPLES = `
Examples:
  gpt-cli export runs/book -o book.gguf
  gpt-cli export runs/book -o book-q8.gguf --type Q8_0

A checkpoint folder itself opens in transformers; nothing is exported for that.`;

export function define(command: Command, context: Context): void {
  command
    .argument('<run>', 'a run folder, a checkpoint in it, or a Hugging Face folder')
    .requiredOption('-o, --out <file>', 'the file to write')
    .addOption(
      new Option('--format <name>', 'gguf: for llama.cpp, ollama, LM Studio').choices(['gguf']).default('gguf'),
    )
    .addOption(new Option('--type <name>', 'number format of the matrices').choices(writable).default('F16'))
    .option('--overwrite', 'replace the file if it is there')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, given: { out: string; type: Writable; overwrite?: boolean }) => {
      const { exportGguf } = await import('../../gguf/export.js');
      const { out, type, overwrite = false } = given;
      const exported = await exportGguf(path, { out, type, overwrite, signal: context.stopOnInterrupt() });
      if (context.json) return context.print(JSON.stringify({ event: 'export', out, ...exported }));
      const kinds = Object.entries(exported.formats).map(([name, tensors]) => `${tensors} ${name}`);
      context.print(`saved ${out}: ${(exported.bytes / 1e6).toFixed(1)} MB, tensors: ${kinds.join(', ')}`);
    });
}
