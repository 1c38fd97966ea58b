// The settings as documents: a JSON schema for editors, and the defaults.
import { z } from 'zod';
import { configSchema, defaultOf, settingsOf } from './schema.js';
import type { ConfigCommand } from './setting.js';

/** JSON Schema (draft 2020-12) of a config file for `command`. */
export function jsonSchema(command: ConfigCommand): unknown {
  const schema = z.toJSONSchema(configSchema(command), { io: 'input', unrepresentable: 'any' });
  return { ...schema, title: `gpt-cli ${command}` };
}

/** What holds for `command` when nothing is given; null where the value is worked out or absent. */
export function defaults(command: ConfigCommand): Record<string, unknown> {
  return Object.fromEntries(Object.keys(settingsOf(command)).map((key) => [key, defaultOf(command, key)]));
}
