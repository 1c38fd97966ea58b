// The libraries that `gpt-cli setup` brings, by the engine that needs them.
import { type LibraryDescription, removeInstalls, setup } from './install/index.js';
import type { SetupOptions, SetupResult } from './install/types.js';
import { openvinoLibrary } from './openvino/description.js';
import { tensorflowLibrary } from './tensorflow/description.js';

const descriptions = { tensorflow: tensorflowLibrary, openvino: openvinoLibrary } satisfies Record<
  string,
  LibraryDescription
>;

export type LibraryName = keyof typeof descriptions;

/** Fetches a library, or takes it from `from`: see `setup`. */
export function setupLibrary(name: LibraryName, options: SetupOptions = {}): Promise<SetupResult> {
  return setup(descriptions[name], options);
}

/** Removes all installs of a library; the folders that were removed. */
export function removeLibrary(name: LibraryName, env?: SetupOptions['env']): string[] {
  return removeInstalls(descriptions[name], env);
}
