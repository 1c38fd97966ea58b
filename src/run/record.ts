// What a run's config.json says about the run, beside the settings: enough to resume it and to know how it was made.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../checkpoint/index.js';
import { packageRoot, type TrainCommand } from '../config/index.js';
import { GptError } from '../errors.js';

export interface SavedRun {
  readonly command: TrainCommand;
  readonly inputs: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  /** How many trained together; absent in old runs, which had one. */
  readonly workers?: number;
  /** Rows in a batch of all workers together; absent in old runs, where it was workers times batch-size. */
  readonly wholeBatch?: number;
}

/**
 * The record of a run that is to go on.
 * @throws GptError `run/other-command` when another command made it, `run/config` when it was damaged
 */
export function recordOf(run: Run, command: TrainCommand): SavedRun {
  const record = run.config as Partial<SavedRun> | undefined;
  if (!record || typeof record.config !== 'object' || !Array.isArray(record.inputs)) {
    throw new GptError('run/config', `${join(run.directory, 'config.json')} holds no settings to go on with`, {
      hint: `--init ${join(run.directory, 'last')} begins a new run with its weights`,
    });
  }
  if (record.command !== command) {
    throw new GptError('run/other-command', `${run.directory} is a run of ${record.command}, not of ${command}`, {
      hint: `gpt-cli ${record.command} --resume --out ${run.directory}`,
    });
  }
  return record as SavedRun;
}

/** The version of this program. */
export function programVersion(): string {
  return JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version;
}

/** Versions and the command line, as config.json keeps them. */
export function logged(commandLine: readonly string[] = []): object {
  const { node } = process.versions;
  return { versions: { 'gpt-cli': programVersion(), node }, commandLine };
}
