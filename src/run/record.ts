// What a run's config.json says about the run, besides the settings: enough to resume it and to know how it was made.
import { join, resolve } from 'node:path';
import type { Run } from '../checkpoint/index.js';
import { programVersion, type TrainCommand } from '../config/index.js';
import type { SplitRule } from '../dataset/index.js';
import { GptError } from '../errors.js';
import type { NoticeEvent, PlanEvent } from '../events.js';
import { quoteCommand, quoteWord } from '../shell-quote.js';

export interface SavedRun {
  readonly command: TrainCommand;
  readonly inputs: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** How many trained together; absent in old runs, which had one. */
  readonly workers?: number;
  /** Rows in a batch of all workers together; absent in old runs, where it was workers times batch-size. */
  readonly wholeBatch?: number;
  /** Where the command was given, against which relative inputs are read; absent in old runs. */
  readonly workingDirectory?: string;
  /** SHA-256 of what the run is trained and validated on; absent in old runs. */
  readonly dataHash?: string;
  /** What was chosen for the time that the run has; absent where nothing was. */
  readonly plan?: PlanEvent;
  /** Of finetuning: how a part of the data was held out; absent in old runs, which had rule 1. */
  readonly splitRule?: SplitRule;
}

/** The inputs of a run that is resumed, as they are found from here. */
export function inputsOf(saved: SavedRun | undefined): readonly string[] {
  const { inputs = [], workingDirectory = '' } = saved ?? {};
  if (workingDirectory === '' || workingDirectory === process.cwd()) return inputs;
  return inputs.map((input) => (input === '-' ? input : resolve(workingDirectory, input)));
}

/**
 * A run is resumed only with the data that it was trained on.
 * @param hash of the data as it is now
 * @param options.allowed --allow-changed-data: a warning instead of an error
 * @param options.now where the data is now, if it was named for this command
 * @returns the warning, for the person and for the log
 * @throws GptError `run/data-changed`
 */
export function checkData(
  saved: Pick<SavedRun, 'inputs' | 'dataHash'> | undefined,
  hash: string | undefined,
  { allowed = false, now }: { readonly allowed?: boolean | undefined; readonly now?: readonly string[] } = {},
): NoticeEvent[] {
  if (saved?.dataHash === undefined || hash === undefined || saved.dataHash === hash) return [];
  return otherData(saved.inputs, { allowed, now });
}

/** For data that is known to be another. @throws GptError `run/data-changed` */
export function otherData(
  inputs: readonly string[],
  { allowed, now }: { readonly allowed: boolean | undefined; readonly now?: readonly string[] | undefined },
): NoticeEvent[] {
  const [before, after] = [inputs, now ?? inputs].map((names) => names.join(', '));
  const message = `the data${after === before ? '' : ` (${after})`} is not what the run was trained on (${before})`;
  if (!allowed) {
    throw new GptError('run/data-changed', message, {
      hint: 'restore the data, start a new run with --overwrite, or --allow-changed-data to continue with it as it is',
    });
  }
  return [{ event: 'notice', level: 'warning', message: `${message}; the run continues with it as it is now` }];
}

/**
 * The record of a run that is to be resumed.
 * @throws GptError `run/other-command` when another command made it, `run/config` when it was damaged
 */
export function recordOf(run: Run, command: TrainCommand): SavedRun {
  const record = run.config as Partial<Record<keyof SavedRun, unknown>> | undefined;
  if (!isRecord(record)) {
    throw new GptError('run/config', `${join(run.directory, 'config.json')} holds no settings to resume with`, {
      hint: `--init ${quoteWord(join(run.directory, 'last'))} begins a new run with its weights`,
    });
  }
  if (record.command !== command) {
    throw new GptError('run/other-command', `${run.directory} is a run of ${record.command}, not of ${command}`, {
      hint: quoteCommand(['gpt-cli', String(record.command), '--resume', '--out', run.directory]),
    });
  }
  return record;
}

/** Whether every value that a run is resumed with has its type; those that old runs lack may be absent. */
export function isRecord(record: Partial<Record<keyof SavedRun, unknown>> | undefined): record is SavedRun {
  if (!isObject(record) || !isObject(record.config)) return false;
  const { inputs, workers = 1, wholeBatch = 1, workingDirectory = '', dataHash = '' } = record;
  return (
    Array.isArray(inputs) &&
    [...inputs, workingDirectory, dataHash].every((value) => typeof value === 'string') &&
    [workers, wholeBatch].every((value) => Number.isSafeInteger(value) && (value as number) > 0)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Of this program and of Node. */
export function versions(): Record<string, string> {
  return { 'gpt-cli': programVersion(), node: process.versions.node };
}

/** Versions and the command line, as config.json keeps them. */
export function logged(commandLine: readonly string[] = []): object {
  return { versions: versions(), commandLine };
}
