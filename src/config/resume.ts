// Which settings a resumed run takes over, and which it may change.
import { GptError } from '../errors.js';
import { recordedSettings } from './old-runs.js';
import { type Layer, type Resolved, resolve } from './resolve.js';
import { flagName, settings } from './schema.js';
import type { TrainCommand } from './setting.js';

/**
 * The settings with which a run is resumed: those it had, changed by those given now.
 * @param saved the `config` of the run folder's config.json
 * @param name what to call the run in errors: its folder
 * @param given layers of this command line, weakest first
 * @param open settings that this run may change all the same
 * @throws GptError config/resume when a setting is given that the run cannot change
 */
export function resumeConfig<C extends TrainCommand>(
  command: C,
  saved: Readonly<Record<string, unknown>>,
  name: string,
  given: readonly Layer[],
  open: readonly string[] = [],
): Resolved<C> {
  const before: Layer = { name, values: recordedSettings(saved) };
  const was = resolve(command, [before]).values as unknown as Record<string, unknown>;
  const now = resolve(command, [before, ...given]);
  for (const [key, value] of Object.entries(now.values)) {
    if (settings[key]?.fixed && !open.includes(key) && value !== was[key] && now.sources[key] !== 'derived') {
      throw new GptError(
        'config/resume',
        `${flagName(key)} is ${was[key] ?? 'the default'} in ${name} and cannot become ${value}`,
        {
          hint: `leave it out, or start a new run with --overwrite or another --out`,
        },
      );
    }
  }
  return now;
}
