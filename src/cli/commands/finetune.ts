// gpt-cli finetune: options and labelled data in, a run's events out. The work is in finetune/finetune.
import type { Command } from 'commander';
import type { Context } from '../context.js';
import { addTrainingOptions, showTraining, type TrainingFlags, trainingOptionsOf } from '../training-command.js';

const EXAMPLES = `
Data: CSV, TSV or JSONL, or a folder with train, valid and test of those. With columns text and label it is
classification; question, choices and label: multiple choice; prompt and completion, instruction and output, or
messages: instructions; text alone: continued pretraining.

Examples:
  gpt-cli finetune reviews.csv --from runs/book          a classifier, into runs/reviews
  gpt-cli finetune reviews.csv                           the same from scratch
  gpt-cli finetune pairs.tsv --text-column premise,hypothesis --label-column gold
  gpt-cli finetune race.jsonl --from runs/book           multiple choice: context, question, choices, label
  gpt-cli finetune questions.jsonl --from gpt2/ --lora-rank 8
  gpt-cli finetune reviews.csv --from gpt2/ --layer-decay 0.8 --freeze 2
  gpt-cli finetune diary.txt --from runs/book --task text
  gpt-cli finetune --resume -o runs/reviews              resume after an interruption`;

export function define(command: Command, context: Context): void {
  command.argument('[data]', 'a CSV, TSV or JSONL file, or a folder with train, valid and test');
  addTrainingOptions(command, 'finetune', 'data').addHelpText('after', EXAMPLES);
  command.action(async (data: string | undefined, flags: TrainingFlags) => {
    const options = await trainingOptionsOf(command, 'finetune', flags, context);
    const { finetune } = await import('../../finetune/finetune.js');
    await showTraining(finetune({ data, ...options }), context, {
      live: flags.live,
      cluster: options.cluster,
    });
  });
}
