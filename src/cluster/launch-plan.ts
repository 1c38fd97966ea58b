// How several workers are started on one machine: an address for each, TF_CONFIG, threads, GPUs. Starts nothing.
import { GptError } from '../errors.js';

export interface LaunchPlan {
  /** The variables of each worker's environment, by rank. */
  readonly environments: readonly Readonly<Record<string, string>>[];
  /** The command line of each worker, the command first. */
  readonly argv: readonly string[];
}

export interface LaunchOptions {
  readonly workers: number;
  /** What was typed after `--`. */
  readonly command: readonly string[];
  /** A free port for each. */
  readonly ports: readonly number[];
  /** Of the machine, to be divided where `--threads` is not given. */
  readonly cores: number;
}

const commands = ['pretrain', 'finetune'];

/** @throws GptError `launch/command` for anything but a training command */
export function planLaunch({ workers, command, ports, cores }: LaunchOptions): LaunchPlan {
  const [name] = command;
  if (name === undefined || !commands.includes(name)) {
    const what = name === undefined ? 'nothing' : JSON.stringify(name);
    throw new GptError('launch/command', `launch starts pretrain or finetune, not ${what}`, {
      hint: 'gpt-cli launch --workers 2 -- pretrain book.txt',
    });
  }
  const chosen = command.some((word) => word === '--threads' || word.startsWith('--threads='));
  const threads = Math.max(1, Math.floor(cores / workers));
  const argv = chosen ? [...command] : [...command, '--threads', String(threads)];
  const worker = ports.slice(0, workers).map((port) => `127.0.0.1:${port}`);
  const environments = worker.map((_, index) => {
    const config = { cluster: { worker }, task: { type: 'worker', index } };
    return { TF_CONFIG: JSON.stringify(config) };
  });
  return { environments, argv };
}
