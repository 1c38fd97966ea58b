// gpt-cli pretrain: options in, a run's events out. The work is in run/pretrain.
import type { Command } from 'commander';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { addDiagnostics, type DiagnosticsFlags, diagnosticsOf } from '../diagnostics.js';
import { addSettings, layersOf } from '../options.js';

const EXAMPLES = `
Examples:
  gpt-cli pretrain book.txt                           the default recipe, into runs/book
  gpt-cli pretrain book.txt -c char-tiny              nanoGPT's CPU recipe on characters
  gpt-cli pretrain texts/ notes.jsonl "*.md" --n-layer 6 --n-embd 192
  cat *.txt | gpt-cli pretrain - -o runs/mine --max-time 30m
  gpt-cli pretrain --resume -o runs/book              resume after an interruption
  gpt-cli pretrain book.txt --json > log.jsonl`;

interface PretrainFlags extends DiagnosticsFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly allowChangedData?: boolean;
}

export function define(command: Command, context: Context): void {
  command
    .argument('[text...]', 'files, folders, globs, or - for standard input')
    .option('-o, --out <folder>', "the run's folder (default: runs/<name of the text>)")
    .option('--resume', 'resume the run in that folder')
    .option('--allow-changed-data', 'resume even if the data is not what the run was trained on')
    .option('--overwrite', 'replace the run in that folder, once the first step of the new one is made');
  addDiagnostics(addSettings(command, 'pretrain')).addHelpText('after', EXAMPLES);
  command.action(async (inputs: string[], flags: PretrainFlags) => {
    const { out, resume = false, overwrite = false, allowChangedData = false } = flags;
    if (resume && overwrite) {
      throw new GptError('cli/resume', '--resume and --overwrite exclude each other', { hint: 'leave out one' });
    }
    if (allowChangedData && !resume) {
      throw new GptError('cli/resume', '--allow-changed-data needs --resume', { hint: 'leave it out for a new run' });
    }
    const layers = layersOf(command, 'pretrain');
    const { pretrain } = await import('../../pretrain/pretrain.js');
    const { clusterOf, showTraining } = await import('../workers.js');
    const { commandLine } = context;
    context.writesFiles();
    const signal = context.stopOnInterrupt();
    const { stdin } = context.streams;
    const inspection = await diagnosticsOf(flags);
    const cluster = clusterOf(context);
    const options = {
      inputs,
      layers,
      out,
      resume,
      overwrite,
      allowChangedData,
      stdin,
      signal,
      commandLine,
      cluster,
      ...inspection,
    };
    await showTraining(pretrain(options), context, cluster);
  });
}
