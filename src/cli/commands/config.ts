// gpt-cli config: the settings, their defaults, and the presets.
import { Argument, type Command } from 'commander';
import { defaults, jsonSchema, loadLayer, presetNames } from '../../config/index.js';
import type { ConfigCommand } from '../../config/setting.js';
import type { Context } from '../context.js';
import { table } from '../format.js';
import { addSettings, configOf } from '../options.js';

const COMMANDS: readonly ConfigCommand[] = [
  'pretrain',
  'finetune',
  'sample',
  'chat',
  'serve',
  'eval',
  'classify',
  'quantize',
];

const forCommand = () =>
  new Argument('[command]', 'whose settings').choices(COMMANDS as string[]).default('pretrain' as const);

export function define(command: Command, context: Context): void {
  const printJson = (value: unknown) => context.print(JSON.stringify(value, null, 2));
  command
    .command('schema')
    .description('JSON schema of a config file')
    .addArgument(forCommand())
    .action((name: ConfigCommand) => printJson(jsonSchema(name)));
  command
    .command('defaults')
    .description('the default settings')
    .addArgument(forCommand())
    .action((name: ConfigCommand) => printJson(defaults(name)));
  command
    .command('presets')
    .description('the presets that --config knows by name')
    .action(() => {
      const rows = presetNames().map((name) => [name, String(loadLayer(name).values['$comment'] ?? '')]);
      if (context.json) printJson(Object.fromEntries(rows));
      else for (const line of table(rows)) context.print(line);
    });
  addSettings(
    command.command('show').description('the settings that pretrain would use with these options'),
    'pretrain',
  ).action((_options: unknown, own: Command) => {
    const { values, sources } = configOf(own, 'pretrain');
    if (context.json) return printJson(values);
    const rows = Object.entries(values).map(([key, value]) => [key, JSON.stringify(value), sources[key] ?? '']);
    for (const line of table(rows)) context.print(line);
  });
  command.addHelpText(
    'after',
    `
Examples:
  gpt-cli config presets
  gpt-cli config schema > gpt-cli.schema.json
  gpt-cli config defaults finetune
  gpt-cli config show -c char-tiny --max-iters 500`,
  );
}
