// gpt-cli import: a pretrained model from a GGUF file, as a checkpoint folder to sample, finetune and evaluate.
import type { Command } from 'commander';
import { quoteCommand } from '../../shell-quote.js';
import type { Context } from '../context.js';
import { count } from '../format.js';

const EXAMPLES = `
Examples:
  gpt-cli import SmolLM2-135M-Instruct.Q4_1.gguf -o smollm2
  gpt-cli sample smollm2 --prompt "The capital of France is"
  gpt-cli finetune reviews.csv --from smollm2 --lora-rank 8`;

export function define(command: Command, context: Context): void {
  command
    .argument('<file>', 'a GGUF file: llama, qwen3 or gpt2, with a byte-level BPE tokenizer')
    .requiredOption('-o, --out <folder>', 'the checkpoint folder to write')
    .option('--overwrite', 'replace the folder if it is there')
    .addHelpText('after', EXAMPLES)
    .action(async (path: string, { out, overwrite = false }: { out: string; overwrite?: boolean }) => {
      const { importGguf } = await import('../../gguf/import.js');
      const { countParameters, parameterSpecs } = await import('../../model/index.js');
      const signal = context.stopOnInterrupt();
      const { config, formats, chat } = await importGguf(path, { out, overwrite, signal });
      const parameters = countParameters(parameterSpecs(config));
      if (context.json)
        return context.print(JSON.stringify({ event: 'import', out, config, parameters, formats, chat }));
      const kinds = Object.entries(formats).map(([name, tensors]) => `${tensors} ${name}`);
      context.print(`${count(parameters)} parameters, ${config.arch ?? 'gpt2'}; tensors: ${kinds.join(', ')}`);
      context.print(
        `saved ${out}: ${((parameters * 4) / 1e6).toFixed(0)} MB of float32${chat ? ', with a chat template' : ''}`,
      );
      context.print(`sample: ${quoteCommand(['gpt-cli', 'sample', out, '--prompt', '...'])}`);
    });
}
