// gpt-cli setup tensorflow: brings TensorFlow's library onto this machine, or takes it away again. The work is done in
// engine/tensorflow/install.
import type { Command } from 'commander';
import type { SetupEvent, SetupResult } from '../../engine/index.js';
import { GptError } from '../../errors.js';
import type { Context } from '../context.js';
import { LiveBar } from '../live-bar.js';

interface SetupFlags {
  readonly gpu?: true;
  readonly from?: string;
  readonly remove?: true;
}

const size = (bytes: number) => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
const purpose = { cpu: 'for the CPU', gpu: 'with CUDA', local: 'of your own' } as const;

/** The line for an event, where it has one. */
export function eventLine(event: SetupEvent): string {
  switch (event.kind) {
    case 'plan': {
      const { version, variant, fetch, keep, free, folder } = event;
      return `TensorFlow ${version} ${purpose[variant]}: ${size(fetch)} to fetch, ${size(keep)} to keep in ${folder}, which has ${size(free)} free`;
    }
    case 'phase':
      return event.name;
    case 'notice':
      return event.message;
  }
}

function show(context: Context): { on: (event: SetupEvent) => void; close: () => void } {
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
    context.print(eventLine(event));
  };
  return { on, close: () => bar?.clear() };
}

/** What was done, in one line. */
export function resultLine({ version, variant, folder, installed, bytes }: SetupResult): string {
  const state = installed ? 'is set up' : 'was there already';
  return `TensorFlow ${version} ${purpose[variant]} ${state}: ${size(bytes)} in ${folder}; --backend tensorflow uses it`;
}

async function install(flags: SetupFlags, context: Context): Promise<void> {
  const { setupTensorflow } = await import('../../engine/index.js');
  const { on, close } = show(context);
  let result: SetupResult;
  try {
    const { gpu = false, from } = flags;
    const { streams } = context;
    context.writesFiles();
    const signal = context.stopOnInterrupt();
    result = await setupTensorflow({ gpu, ...(from !== undefined && { from }), signal, on, env: streams.env });
  } finally {
    close();
  }
  if (context.json) context.print(JSON.stringify({ event: 'done', ...result }));
  else if (!context.quiet) context.print(resultLine(result));
}

async function uninstall(context: Context): Promise<void> {
  const { removeTensorflow } = await import('../../engine/index.js');
  const folders = removeTensorflow(context.streams.env);
  if (context.json) context.print(JSON.stringify({ event: 'removed', folders }));
  else if (!context.quiet)
    for (const line of folders.length > 0
      ? folders.map((folder) => `removed ${folder}`)
      : ['there was nothing to remove'])
      context.print(line);
}

export function define(command: Command, context: Context): void {
  const tensorflow = command
    .command('tensorflow')
    .description("fetch and verify TensorFlow's library, for --backend tensorflow")
    .option('--gpu', 'with CUDA, for NVIDIA cards (Linux x64; 3.4 GB to fetch)')
    .option('--from <path>', 'take it from a wheel, or a folder of wheels or libraries, without a network')
    .option('--remove', 'remove what was set up')
    .helpOption('-h, --help', 'this help');
  tensorflow.addHelpText(
    'after',
    `
Python 3 with pip fetches the wheel, from the index that pip is set up for. Nothing of Python is needed afterwards.
The library goes into the user's cache folder; GPT_CLI_CACHE names another. GPT_CLI_TENSORFLOW=DIR uses a library of yours.

Examples:
  gpt-cli setup tensorflow
  gpt-cli setup tensorflow --from tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl`,
  );
  tensorflow.action(async (flags: SetupFlags) => {
    if (!flags.remove) return install(flags, context);
    if (flags.gpu || flags.from !== undefined)
      throw new GptError('cli/setup', '--remove goes with neither --gpu nor --from');
    return uninstall(context);
  });
}
