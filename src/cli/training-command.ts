// What the training commands share: flags, the options of a run, and its display.
import type { Command } from 'commander';
import { type ClusterSpec, parseTfConfig } from '../cluster/index.js';
import type { ConfigCommand } from '../config/setting.js';
import { GptError } from '../errors.js';
import type { RunEvent } from '../events.js';
import type { TrainingOptions } from '../run/options.js';
import type { Context } from './context.js';
import { addDiagnostics, type DiagnosticsFlags, diagnosticsOf } from './diagnostics.js';
import { addSettings, layersOf } from './options.js';
import { showRun } from './progress.js';

export interface TrainingFlags extends DiagnosticsFlags {
  readonly out?: string;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
  readonly allowChangedData?: boolean;
  readonly live: boolean;
}

/** @param source what the default run folder is named after: `text` */
export function addTrainingOptions(command: Command, which: ConfigCommand, source: string): Command {
  command
    .option('-o, --out <folder>', `the run's folder (default: runs/<name of the ${source}>)`)
    .option('--resume', 'resume the run in that folder')
    .option('--allow-changed-data', 'resume even if the data is not what the run was trained on')
    .option('--overwrite', 'replace the run in that folder, once the first step of the new one is made')
    .option('--no-live', 'on a terminal: lines and a bar instead of a page');
  return addDiagnostics(addSettings(command, which));
}

/** @throws GptError `cli/resume` for flags that exclude each other, `cluster/tf-config` */
export async function trainingOptionsOf(
  command: Command,
  which: ConfigCommand,
  flags: TrainingFlags,
  context: Context,
): Promise<TrainingOptions> {
  const { out, resume = false, overwrite = false, allowChangedData = false } = flags;
  if (resume && overwrite) {
    throw new GptError('cli/resume', '--resume and --overwrite exclude each other', { hint: 'remove one of them' });
  }
  if (allowChangedData && !resume) {
    throw new GptError('cli/resume', '--allow-changed-data needs --resume', { hint: 'remove it for a new run' });
  }
  const layers = layersOf(command, which);
  context.writesFiles();
  const signal = context.stopOnInterrupt();
  const cluster = parseTfConfig(context.streams.env['TF_CONFIG']);
  const { commandLine } = context;
  const run = { layers, out, resume, overwrite, allowChangedData, signal, commandLine, cluster };
  return { ...run, ...(await diagnosticsOf(flags)) };
}

/** For looking at what every worker does: all of them then report. */
const reportAll = 'GPT_CLI_WORKER_EVENTS';

/** Shows a run. Of several workers only worker 0 reports; the others show warnings. */
export async function showTraining(
  events: AsyncIterable<RunEvent>,
  context: Context,
  { cluster, live }: { readonly cluster?: ClusterSpec | undefined; readonly live: boolean },
): Promise<void> {
  const follows = cluster !== undefined && cluster.rank > 0;
  await showRun(follows && !context.streams.env[reportAll] ? warnings(events) : events, context, live);
}

async function* warnings(events: AsyncIterable<RunEvent>): AsyncGenerator<RunEvent> {
  for await (const event of events) if (event.event === 'notice' && event.level === 'warning') yield event;
}
