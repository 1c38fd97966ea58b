// The contract of install/: set a native library up, find what was set up, take it away.
export { cacheFolder, installFolder } from './cache.js';
export type { LibraryDescription } from './description.js';
export { placesIn } from './from.js';
export { type Probe, tryLibrary } from './probe.js';
export { ask as askPython, candidates as pythons } from './python.js';
export { currentInstall } from './record.js';
export { removeInstalls, setup } from './setup.js';
export type { SetupEvent, SetupOptions, SetupResult } from './types.js';
