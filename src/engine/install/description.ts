// What the installer must know of a native library: names, pinned wheels, what is kept of them, how it is tried. Each engine
// that needs a library describes it in its own folder.
import type { Pins } from './pins.js';
import type { Probe } from './probe.js';

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Of glibc; undefined with another C library (Alpine's musl). Only looked at on Linux. */
  readonly glibc: string | undefined;
}

export interface LibraryDescription {
  /** Of the engine, of `gpt-cli setup` and of the folder in the cache. */
  readonly name: string;
  /** As people write it. */
  readonly title: string;
  /** Where the libraries lie in a wheel, and so in an install. */
  readonly folder: string;
  /** Names of the files that are needed, the one that is loaded first; undefined where there are none for a machine. */
  libraries(machine: Pick<Machine, 'platform' | 'arch'>): readonly string[] | undefined;
  /** Paths in a wheel that are kept. */
  readonly kept: readonly RegExp[];
  /** Names of the wheels that hold the libraries. */
  readonly wheel: RegExp;
  /** What is copied with the libraries of a folder: paths in it. */
  readonly companions: readonly string[];
  /** Folders beside it that are copied as well. */
  readonly siblings: readonly string[];
  readonly pins: Pins;
  /** The oldest glibc that its wheels load with, by architecture. */
  readonly glibc: Readonly<Record<string, string>>;
  /** Why it cannot be used on a machine, wherever the library comes from. */
  refuses?(machine: Machine): string | undefined;
  /** Which wheels --from takes, for a hint. */
  readonly suitable: string;
  /** Loads an install in a process of its own; its version. */
  readonly probe: Probe;
}
