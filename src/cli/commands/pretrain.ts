// gpt-cli pretrain: options in, a run's events out. The work is in pretrain/pretrain.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addTrainingOptions, showTraining, type TrainingFlags, trainingOptionsOf } from '../training-command.js';

const EXAMPLES = `
Examples:
  gpt-cli pretrain book.txt                           the default recipe, into runs/book
  gpt-cli pretrain book.txt --max-time 10m            model and schedule chosen for ten minutes (docs/recipe.md)
  gpt-cli pretrain book.txt -c char-tiny              nanoGPT's CPU recipe on characters
  gpt-cli pretrain texts/ notes.jsonl "*.md" --n-layer 6 --n-embd 192
  cat *.txt | gpt-cli pretrain - -o runs/mine --max-time 30m
  gpt-cli pretrain --resume -o runs/book              resume after an interruption
  gpt-cli pretrain book.txt --json > log.jsonl`;

export function define(command: Command, context: Context): void {
  command.argument('[text...]', 'files, folders, globs, or - for standard input');
  addTrainingOptions(command, 'pretrain', 'text').addHelpText('after', EXAMPLES);
  command.action(async (inputs: string[], flags: TrainingFlags) => {
    const options = await trainingOptionsOf(command, 'pretrain', flags, context);
    const { pretrain } = await import('../../pretrain/pretrain.js');
    await showTraining(pretrain({ inputs, stdin: context.streams.stdin, ...options }), context, {
      ...flags,
      cluster: options.cluster,
    });
  });
}
