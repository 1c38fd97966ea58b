// A run's folder: who may begin or resume a run there, and when a new run replaces an old one.
import { rmdirSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GptError } from '../errors.js';
import {
  asideNames,
  exists,
  explain,
  isTemporaryName,
  makeFolder,
  onExit,
  replaceFile,
  settle,
} from '../files/index.js';
import { quoteWord } from '../shell-quote.js';
import type { TrainingState } from '../train/index.js';
import { lockName, takeLock } from './lock.js';
import { type EventLog, RunLog } from './run-log.js';
import { checkpointNames, makeStaging, settleStaging, stagingNames, take } from './staging.js';

const format = 'gpt-cli-run';
const version = 1;
const configName = 'config.json';
const logName = 'log.jsonl';

/** A run folder that belongs to this process until `release`. Nothing in it was changed by claiming it. */
export interface Run {
  readonly directory: string;
  readonly last: string;
  readonly best: string;
  /** Of a schedule with a stable part: the state before the learning rate fell. */
  readonly stable: string;
  /**
   * Where the run is prepared: its tokens, its config, its log. The directory itself, but when a run is overwritten a
   * folder in it until `begin`.
   */
  readonly staging: string;
  /** The checkpoint to resume from: with `resume`, once the run has saved something. */
  readonly checkpoint: string | undefined;
  /** What config.json holds of the run to be resumed. */
  readonly config: unknown;
  /**
   * Writes config.json and opens the log, in `staging`; resuming, the log is cut to where `resume` was saved.
   * @param config what a person should find in it: the resolved config, versions, the command line
   */
  start(config: object, resume?: TrainingState): Promise<EventLog>;
  /**
   * To be called before anything is saved, once a step is made. The first call lets the run replace the one that is
   * overwritten, if any.
   * @throws GptError `run/lock-lost`
   */
  begin(): Promise<void>;
  release(): void;
}

export interface ClaimOptions {
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}

/**
 * Takes a folder for a run: a new or empty one, or with `resume` or `overwrite` one that holds a run. A folder with
 * anything else in it is never taken. The run that is overwritten stays as it is until `begin`.
 * @throws GptError `run/exists`, `run/missing`, `run/foreign`, `run/locked`, `checkpoint/not-writable`
 */
export async function claimRun(directory: string, { resume = false, overwrite = false }: ClaimOptions): Promise<Run> {
  if (resume && overwrite) throw new GptError('run/flags', '--resume and --overwrite exclude each other');
  const before = await contentOf(directory);
  if (resume && before.kind === 'absent') {
    throw new GptError('run/missing', `there is no run in ${directory} to resume`, {
      hint: 'without --resume a new run begins there',
    });
  }
  refuse(directory, before, { resume, overwrite });
  await makeFolder(directory).catch((error) => {
    throw explain(error, directory);
  });
  const lock = takeLock(directory);
  try {
    await settleStaging(directory);
    // Once more: another process may have begun a run between the look and the lock.
    const content = await contentOf(directory);
    refuse(directory, content, { resume, overwrite });
    const [last, best, stable] = ['last', 'best', 'stable'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    for (const checkpoint of [last, best, stable]) await settle(checkpoint);
    const found = resume && (await exists(last)) ? last : undefined;
    if (resume && found === undefined && (await exists(best))) {
      throw new GptError('run/missing', `${directory} has best/ but no last/ to resume from`, {
        hint: `--init ${quoteWord(best)} begins a new run with its weights`,
      });
    }
    const replacing = overwrite && content.kind === 'run';
    const staging = replacing ? await makeStaging(directory) : directory;
    let begun = !replacing;
    const leave = () => {
      stay();
      if (!begun) rmSync(staging, { recursive: true, force: true });
      lock.release();
      removeIfEmpty(directory);
    };
    const stay = onExit(leave); // a second Ctrl-C
    return {
      ...{ directory, last, best, stable, staging, checkpoint: found, config: resume ? content.config : undefined },
      start: (config, state) => start(staging, config, state),
      begin: async () => {
        lock.check();
        if (begun) return;
        await take(directory).catch((error) => {
          throw explain(error, directory);
        });
        begun = true;
      },
      release: leave,
    };
  } catch (error) {
    lock.release();
    throw explain(error, directory);
  }
}

/** A run that ended before it wrote anything leaves nothing behind. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch {
    // It holds something.
  }
}

async function start(directory: string, config: object, resume: TrainingState | undefined): Promise<RunLog> {
  try {
    await replaceFile(join(directory, configName), `${JSON.stringify({ format, version, ...config }, null, 2)}\n`);
    return RunLog.open(join(directory, logName), resume);
  } catch (error) {
    throw explain(error, directory);
  }
}

interface Content {
  /** `begun`: nothing but what a process leaves that dies before its run's config.json is written. */
  readonly kind: 'absent' | 'empty' | 'begun' | 'run' | 'foreign';
  readonly names: readonly string[];
  readonly config?: unknown;
}

async function contentOf(directory: string): Promise<Content> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { kind: 'absent', names: [] };
    throw explain(error, directory);
  }
  if (names.length === 0) return { kind: 'empty', names };
  const config = await readFile(join(directory, configName), 'utf8')
    .then((text) => JSON.parse(text) as unknown)
    .catch(() => undefined);
  if ((config as { format?: unknown } | undefined)?.format === format) return { kind: 'run', names, config };
  const early = new Set([
    ...['tokens', 'base', `.${configName}.new`, ...stagingNames],
    ...checkpointNames.flatMap(asideNames),
  ]);
  const foreign = names.filter((name) => !early.has(name) && !name.startsWith(lockName) && !isTemporaryName(name));
  return { kind: foreign.length === 0 ? 'begun' : 'foreign', names: foreign };
}

function refuse(directory: string, { kind, names }: Content, { resume, overwrite }: Required<ClaimOptions>): void {
  if (kind === 'foreign') {
    throw new GptError(
      'run/foreign',
      `${directory} holds files that are no run of gpt-cli: ${names.slice(0, 5).join(', ')}`,
      {
        hint: 'give another folder with --out; a foreign folder is never overwritten',
      },
    );
  }
  if (kind === 'run' && !resume && !overwrite) {
    throw new GptError('run/exists', `${directory} holds a run`, {
      hint: '--resume continues it, --overwrite replaces it, --out names another folder',
    });
  }
  if (kind === 'empty' && resume) {
    throw new GptError('run/missing', `there is no run in ${directory} to resume: it is empty`, {
      hint: 'without --resume a new run begins there',
    });
  }
}
