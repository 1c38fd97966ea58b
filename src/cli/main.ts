// The program: finds the command, runs it, prints errors, sets the exit code. Nothing else does the last two.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../config/files.js';
import { type CommandEntry, entries } from './commands.js';
import { Context, type Streams } from './context.js';
import { describeFailure } from './errors.js';
import { followLauncher } from './launch/launched.js';
import { StopSignals } from './stop-signals.js';

const EXAMPLES = `
Examples:
  gpt-cli pretrain book.txt                      train on a text with the default recipe
  gpt-cli pretrain corpus/ -c char-tiny -o runs/tiny
  gpt-cli sample runs/book --prompt "Once upon"  write with the trained model
  gpt-cli config presets                         recipes to start from

"gpt-cli <command> --help" lists what a command takes.`;

const version = () => JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')).version as string;

/** The command that is typed: the first word, or the one after `help`. */
function namedCommand(argv: readonly string[]): string | undefined {
  const words = argv.filter((word) => !word.startsWith('-'));
  return words[0] === 'help' ? words[1] : words[0];
}

function createProgram(streams: Streams): Command {
  const program = new Command('gpt-cli')
    .description('Train your own GPT: pretrain, finetune, sample.')
    .usage('<command> [options]')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void streams.stdout.write(text),
      writeErr: () => {},
      outputError: () => {},
      getOutHelpWidth: () => streams.stdout.columns || 100,
      getOutHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .option('--json', 'JSON lines on standard output, nothing else')
    .option('--quiet', 'only results, warnings and errors')
    .option('--no-color', 'no colours; the same as the variable NO_COLOR')
    .helpOption('-h, --help', 'this help')
    .addHelpText('after', EXAMPLES);
  program.version(version(), '-V, --version', 'the version');
  return program;
}

/**
 * Runs one command line to its end.
 * @param argv what was typed after `gpt-cli`
 * @param watch gets the context before the command starts, to interrupt it
 * @returns the exit code
 */
export async function run(
  argv: readonly string[],
  streams: Streams,
  options: { commands?: readonly CommandEntry[]; watch?: (context: Context) => void } = {},
): Promise<number> {
  const program = createProgram(streams);
  const context = new Context(streams, argv, () => program.opts());
  options.watch?.(context);
  const name = namedCommand(argv);
  let help = 'gpt-cli';
  try {
    for (const entry of options.commands ?? entries) {
      const command = program.command(entry.name).description(entry.summary).helpOption('-h, --help', 'this help');
      if (entry.name !== name) continue;
      help = `gpt-cli ${name}`;
      (await entry.load()).define(command, context);
    }
    if (argv.length === 0) program.help();
    await program.parseAsync(argv as string[], { from: 'user' });
    return context.outputFailure ? outputFailed(context, context.outputFailure) : context.exitCode;
  } catch (error) {
    const { exitCode, text } = describeFailure(error, help, context.interrupted);
    if (context.outputFailure && exitCode !== 1) return outputFailed(context, context.outputFailure);
    context.complain(text);
    return exitCode;
  }
}

/** Says why standard output failed and what became of the run. @returns the exit code */
function outputFailed(context: Context, { code, message }: NodeJS.ErrnoException): number {
  const reason = isClosed(code) ? 'its reader closed it' : code === 'ENOSPC' ? 'the disk is full' : message;
  const saved = context.resumeCommand ? ` (the run is saved: ${context.resumeCommand})` : '';
  context.complain(`error: cannot write to standard output: ${reason}${saved}\n`);
  return 2;
}

/** EIO: a terminal that is gone. */
const isClosed = (code: string | undefined) => code === 'EPIPE' || code === 'EIO' || code === 'ERR_STREAM_DESTROYED';

/**
 * A reader that has seen enough (`sample | head`) is no error, but a run that nobody reads is stopped and saved.
 * @param ended the command is done, and its last lines cannot be written
 */
function onOutputError(context: Context | undefined, error: NodeJS.ErrnoException, ended: boolean): void {
  if (context?.outputFailure || context?.interrupted) return;
  if (isClosed(error.code) && !context?.lasting) process.exit(0);
  if (!context) process.exit(2);
  context.failOutput(error);
  if (ended || !context.interrupt()) process.exit(outputFailed(context, error));
}

const signals: readonly NodeJS.Signals[] =
  process.platform === 'win32'
    ? ['SIGINT', 'SIGTERM', 'SIGBREAK', 'SIGHUP']
    : ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Milliseconds that what cannot be cancelled (opening a device) may hold up a process that was asked to stop. */
const patience = 2000;

/** The entry of bin/gpt-cli.js. */
export async function main(argv: readonly string[]): Promise<void> {
  let launched = false;
  let ended = false;
  let running: Context | undefined;
  process.stdout.on('error', (error) => {
    if (!launched) onOutputError(running, error, ended); // a launched worker ends with its launcher
  });
  process.stderr.on('error', () => {}); // there is nowhere left to report
  const { stdin, stdout, stderr, env } = process;
  const watch = (context: Context) => {
    running = context;
    const stop = new StopSignals(context, (exitCode) => process.exit(exitCode));
    for (const name of signals) process.on(name, () => stop.receive(name));
    launched = followLauncher(() => stop.receive('SIGHUP'));
  };
  const code = await run(argv, { stdin, stdout, stderr, env }, { watch });
  ended = true;
  process.exitCode = code;
  if (running?.interrupted) setTimeout(() => process.exit(code), patience).unref();
}
