// What is printed when a command fails, and the exit code: 1 a bug, 2 wrong usage, config or data, 130 interrupted.
import { CommanderError } from 'commander';
import { GptError } from '../errors.js';
import { quoteWord } from '../shell-quote.js';

export interface Failure {
  readonly exitCode: number;
  /** For standard error; empty when there is nothing to say. */
  readonly text: string;
}

const line = (message: string, hint: string | undefined) => `error: ${message}${hint ? ` (${hint})` : ''}\n`;

/** The commander codes that are no failure: the help and the version were asked for. */
const SHOWN = ['commander.helpDisplayed', 'commander.help', 'commander.version'];

function usage(error: CommanderError, command: string): Failure {
  if (error.code === 'commander.help' && error.exitCode !== 0) {
    return { exitCode: 2, text: line(`${command} needs a subcommand`, `see ${command} --help`) };
  }
  if (SHOWN.includes(error.code)) return { exitCode: 0, text: '' };
  const [what = '', guess] = error.message.replace(/^error: /, '').split('\n');
  const dashed = /^unknown option '(-.*)'$/s.exec(what)?.[1];
  if (dashed !== undefined && (!/^--?[a-z][\w-]*$/i.test(dashed) || !guess)) {
    const hint = `see ${command} --help; text that begins with a dash goes behind --: ${command} ... -- ${quoteWord(dashed)}`;
    return { exitCode: 2, text: line(what, hint) };
  }
  const hint = guess?.replace(/^\((.*)\)$/, '$1').replace(/^Did/, 'did') ?? `see ${command} --help`;
  return { exitCode: 2, text: line(what.replace(/\.$/, ''), hint) };
}

/**
 * @param command what to suggest `--help` of: `gpt-cli pretrain`
 * @param interrupted whether the person asked to stop; what was thrown after that is not reported
 */
export function describeFailure(error: unknown, command: string, interrupted: boolean): Failure {
  if (error instanceof CommanderError) return usage(error, command);
  if (interrupted && (error as Error)?.name === 'AbortError') return { exitCode: 130, text: '' };
  if (error instanceof GptError) return { exitCode: 2, text: line(error.message, error.hint) };
  const bug = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { exitCode: 1, text: `${bug}\nThis is a bug in gpt-cli: please report it with the lines above.\n` };
}
