// From the settings (src/config) to commander options and back: the flags a person gave, as a layer of settings.
import { type Command, Option } from 'commander';
import {
  type AnySetting,
  type ConfigCommand,
  defaultOf,
  defaultTextOf,
  flagName,
  groups,
  type Layer,
  loadLayer,
  type Resolved,
  resolve,
  settings,
  settingsOf,
} from '../config/index.js';

function helpOf(setting: AnySetting, value: unknown, workedOut: string | undefined): string {
  const absent = value === null || (Array.isArray(value) && value.length === 0);
  const shown = workedOut ?? (absent ? undefined : String(value));
  return shown === undefined ? setting.help : `${setting.help} (default: ${shown})`;
}

function addToggle(command: Command, name: string, setting: AnySetting, value: unknown, title: string): void {
  const on = new Option(`--${name}`, setting.help).helpGroup(title);
  const off = new Option(`--no-${name}`, `no ${setting.help}`).helpGroup(title);
  command.addOption(value ? on.hideHelp() : on).addOption(value ? off : off.hideHelp());
}

const collect = (value: string, before: string[] = []) => [...before, value];

/** Adds `--config` and a flag for every setting of `which`, in groups. */
export function addSettings(command: Command, which: ConfigCommand): Command {
  for (const group of groups) {
    if (!(group.commands as readonly string[]).includes(which)) continue;
    const title = `${group.title}:`;
    for (const [key, setting] of Object.entries(group.settings) as [string, AnySetting][]) {
      const value = defaultOf(which, key);
      const name = flagName(key);
      if (setting.placeholder === null) {
        addToggle(command, name, setting, value, title);
        continue;
      }
      const option = new Option(
        `--${name} <${setting.placeholder}>`,
        helpOf(setting, value, defaultTextOf(which, key)),
      ).helpGroup(title);
      option.negate = false; // `--no-repeat-ngram 3` has a value: it is not the negation of a switch
      // Not variadic: `--stop . run` would take the run as a second text.
      command.addOption(setting.repeats ? option.argParser(collect) : option);
    }
  }
  return command.option('-c, --config <file>', 'a JSON file of settings, or a preset; later ones win', collect);
}

/** The layers of a command line: presets and files as they were named, then the flags. */
export function layersOf(command: Command, which: ConfigCommand): Layer[] {
  const values: Record<string, unknown> = {};
  for (const key of Object.keys(settingsOf(which))) {
    if (command.getOptionValueSource(key) !== 'cli') continue;
    const given: unknown = command.getOptionValue(key);
    values[key] = typeof given === 'string' ? settings[key]!.read(given) : given;
  }
  const files = (command.getOptionValue('config') as string[] | undefined) ?? [];
  return [...files.map(loadLayer), { name: 'flag', values }];
}

/** The resolved configuration of a command line. */
export function configOf<C extends ConfigCommand>(command: Command, which: C): Resolved<C> {
  return resolve(which, layersOf(command, which));
}
