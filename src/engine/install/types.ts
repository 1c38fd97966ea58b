// What a setup is told, what it tells, and what it gives.

import type { Machine } from './description.js';
import type { Pins, Variant } from './pins.js';
import type { Probe } from './probe.js';
import type { InstallRecord } from './record.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export type SetupEvent =
  /** What will be done, before it begins. Sizes in bytes. */
  | {
      readonly kind: 'plan';
      readonly version: string;
      readonly variant: Variant;
      readonly fetch: number;
      readonly keep: number;
      readonly free: number;
      readonly folder: string;
    }
  /** Of a total of 0 nobody knows how much is done. */
  | { readonly kind: 'phase'; readonly name: string; readonly done: number; readonly total: number }
  | { readonly kind: 'notice'; readonly message: string };

export interface SetupOptions {
  readonly gpu?: boolean;
  /** A wheel, or a folder of wheels or libraries, instead of the network. */
  readonly from?: string;
  /** Address of a package index (its simple API): the wheel is fetched from there without Python. */
  readonly index?: string;
  readonly signal?: AbortSignal;
  readonly on?: (event: SetupEvent) => void;
  readonly env?: Environment;
  /** Other wheels, another machine, another way to try the result: for tests. */
  readonly pins?: Pins;
  readonly machine?: Machine;
  readonly probe?: Probe;
}

export interface SetupResult {
  /** The folder that holds the library. */
  readonly folder: string;
  readonly version: string;
  readonly variant: InstallRecord['variant'];
  /** False when it was there already. */
  readonly installed: boolean;
  readonly bytes: number;
}
