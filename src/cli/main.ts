// The program: finds the command, runs it, prints errors, sets the exit code. Nothing else does the last two.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { packageRoot } from '../config/files.js';
import { type CommandEntry, entries } from './commands.js';
import { Context, type Streams } from './context.js';
import { describeFailure } from './errors.js';
import { followLauncher } from './launch/launched.js';

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
    return context.exitCode;
  } catch (error) {
    const { exitCode, text } = describeFailure(error, help, context.interrupted);
    streams.stderr.write(text);
    return exitCode;
  }
}

/** Ctrl-C and SIGTERM: the first asks the command to stop, the second (or the first, if it cannot) ends the process. */
function onSignal(context: Context): void {
  if (!context.interrupt()) process.exit(130);
  context.note('\nstopping; once more to quit at once');
}

/** The entry of bin/gpt-cli.js. */
export async function main(argv: readonly string[]): Promise<void> {
  let launched = false;
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      if (!launched) process.exit(0); // a reader that has seen enough (`| head`) is no error
    });
  }
  const { stdin, stdout, stderr, env } = process;
  const watch = (context: Context) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => onSignal(context));
    launched = followLauncher(() => onSignal(context));
  };
  process.exitCode = await run(argv, { stdin, stdout, stderr, env }, { watch });
}
