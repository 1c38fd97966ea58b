import type { Command } from 'commander';
import { GptError } from '../errors.js';
import type { CommandEntry } from './commands.js';
import type { Context } from './context.js';
import { typed } from './fixtures.js';

const command = (name: string, action: (context: Context, command: Command) => void | Promise<void>): CommandEntry => ({
  name,
  summary: `the summary of ${name}`,
  load: async () => ({
    define: (own, context) => {
      own
        .argument('<run>')
        .option('--n-layer <n>', 'blocks')
        .action(() => action(context, own));
    },
  }),
});

let loaded = 0;
const commands: CommandEntry[] = [
  command('fine', (context) => context.print('ok')),
  command('refused', () => {
    throw new GptError('data/x', 'the value is 7', { hint: 'try 8' });
  }),
  command('plainly-refused', () => {
    throw new GptError('data/x', 'the value is 7');
  }),
  command('broken', () => {
    throw new TypeError('x is not a function');
  }),
  command('long', async (context) => {
    const signal = context.stopOnInterrupt();
    context.interrupt();
    signal.throwIfAborted();
  }),
  command('graceful', (context) => {
    context.stopOnInterrupt();
    context.interrupt();
  }),
  {
    name: 'untouched',
    summary: 'never loaded',
    load: async () => {
      loaded++;
      return { define: () => {} };
    },
  },
];

test.each([
  ['fine r', 0, ''],
  ['refused r', 2, 'error: the value is 7 (try 8)\n'],
  ['plainly-refused r', 2, 'error: the value is 7\n'],
  ['fin r', 2, "error: unknown command 'fin' (did you mean fine?)\n"],
  ['zzzzzz', 2, "error: unknown command 'zzzzzz' (see gpt-cli --help)\n"],
  ['fine r --n-layr 3', 2, "error: unknown option '--n-layr' (did you mean --n-layer?)\n"],
  ['fine r --n-layer', 2, "error: option '--n-layer <n>' argument missing (see gpt-cli fine --help)\n"],
  ['fine', 2, "error: missing required argument 'run' (see gpt-cli fine --help)\n"],
  ['fine r s', 2, "error: too many arguments for 'fine'. Expected 1 argument but got 2 (see gpt-cli fine --help)\n"],
  ['long r', 130, ''],
  ['graceful r', 130, ''],
])('%s: exit %i, standard error %j', async (line, code, err) => {
  const result = await typed(line, { commands });
  expect({ code: result.code, err: result.err }).toEqual({ code, err });
});

test('a bug keeps its stack and exits with 1', async () => {
  const { code, err } = await typed('broken r', { commands });
  expect(code).toBe(1);
  expect(err).toMatch(/^TypeError: x is not a function\n\s+at .*\n/);
  expect(err).toContain('This is a bug in gpt-cli');
});

test('help lists the commands and loads none', async () => {
  for (const line of ['', '--help', '-h', 'help']) {
    const { code, out, err } = await typed(line, { commands });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const { name, summary } of commands) expect(out).toMatch(new RegExp(`${name}.*${summary}`));
  }
  expect(loaded).toBe(0);
});

test('every command answers -h, --help and help <command>', async () => {
  for (const line of ['fine -h', 'fine --help', 'help fine', '--quiet fine --help']) {
    const { code, out } = await typed(line, { commands });
    expect({ line, code }).toEqual({ line, code: 0 });
    expect(out).toContain('--n-layer <n>');
    expect(out).toContain('--json');
  }
});

test('--version prints the version', async () => {
  expect(await typed('--version', { commands })).toEqual({
    code: 0,
    out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    err: '',
  });
});

test('--json, --quiet and --no-color hold before and after the command', async () => {
  const seen: unknown[] = [];
  const spy = [command('spy', (context) => void seen.push([context.json, context.quiet, context.color]))];
  for (const line of ['spy r', '--json spy r', 'spy r --json --quiet', 'spy --no-color r']) {
    await typed(line, { commands: spy, tty: true });
  }
  expect(seen).toEqual([
    [false, false, true],
    [true, false, true],
    [true, true, true],
    [false, false, false],
  ]);
});

test('there is no colour in a pipe, with NO_COLOR, or on a dumb terminal', async () => {
  const seen: boolean[] = [];
  const spy = [command('spy', (context) => void seen.push(context.color))];
  await typed('spy r', { commands: spy });
  await typed('spy r', { commands: spy, tty: true, env: { NO_COLOR: '1' } });
  await typed('spy r', { commands: spy, tty: true, env: { TERM: 'dumb' } });
  expect(seen).toEqual([false, false, false]);
});

test('a command that never asks for the signal cannot be asked to stop, and only once otherwise', async () => {
  const answers: boolean[] = [];
  const deaf = command('deaf', (context) => void answers.push(context.interrupt()));
  const heeding = command('heeding', (context) => {
    context.stopOnInterrupt();
    answers.push(context.interrupt(), context.interrupt());
  });
  await typed('deaf r', { commands: [deaf] });
  await typed('heeding r', { commands: [heeding] });
  expect(answers).toEqual([false, true, false]);
});
