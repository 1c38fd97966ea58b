// gpt-cli finetune: options and labelled data in, a run's events out. The work is in run/finetune.
import type { Command } from 'commander';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { addDiagnostics, type DiagnosticsFlags, diagnosticsOf } from '../diagnostics.js';
import { addSettings, layersOf } from '../options.js';
import { clusterOf, showTraining } from '../workers.js';

const EXAMPLES = `
Data: CSV, TSV or JSONL, or a folder with train, valid and test of those. With columns text and label it is
classification; question, choices and label: multiple choice; prompt and completion, instruction and output, or
messages: instructions; text alone: more text.

Examples:
  gpt-cli finetune reviews.csv --from runs/book          a classifier, into runs/reviews
  gpt-cli finetune reviews.csv                           the same from scratch
  gpt-cli finetune pairs.tsv --text-column premise,hypothesis --label-column gold
  gpt-cli finetune race.jsonl --from runs/book           multiple choice: context, question, choices, label
  gpt-cli finetune questions.jsonl --from gpt2/ --lora-rank 8
  gpt-cli finetune reviews.csv --from gpt2/ --layer-decay 0.8 --freeze 2
  gpt-cli finetune diary.txt --from runs/book --task text
  gpt-cli finetune --resume -o runs/reviews              resume after an interruption`;

interface FinetuneFlags extends DiagnosticsFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly allowChangedData?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[data]', 'a CSV, TSV or JSONL file, or a folder with train, valid and test')
    .option('-o, --out <folder>', "the run's folder (default: runs/<name of the data>)")
    .option('--resume', 'resume the run in that folder')
    .option('--allow-changed-data', 'resume even if the data is not what the run was trained on')
    .option('--overwrite', 'replace the run in that folder, once the first step of the new one is made');
  addDiagnostics(addSettings(command, 'finetune')).addHelpText('after', EXAMPLES);
  command.action(async (data: string | undefined, flags: FinetuneFlags) => {
    const { out, resume = false, overwrite = false, allowChangedData = false } = flags;
    if (resume && overwrite) {
      throw new GptError('cli/resume', '--resume and --overwrite exclude each other', { hint: 'leave out one' });
    }
    if (allowChangedData && !resume) {
      throw new GptError('cli/resume', '--allow-changed-data needs --resume', { hint: 'leave it out for a new run' });
    }
    const layers = layersOf(command, 'finetune');
    const { finetune } = await import('../../finetune/finetune.js');
    const { commandLine } = context;
    context.writesFiles();
    const signal = context.stopOnInterrupt();
    const inspection = await diagnosticsOf(flags);
    const cluster = clusterOf(context);
    const options = {
      data,
      layers,
      out,
      resume,
      overwrite,
      allowChangedData,
      signal,
      commandLine,
      cluster,
      ...inspection,
    };
    await showTraining(finetune(options), context, cluster);
  });
}
