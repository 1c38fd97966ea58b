// The wheels that `gpt-cli setup` may fetch: names, SHA-256 and sizes, in the pins.json of each engine.

/** One wheel. Its file name has the version, the Python it is made for and the platform. */
export interface Wheel {
  readonly file: string;
  readonly sha256: string;
  /** Bytes to fetch. */
  readonly bytes: number;
  /** Bytes of the files that are kept of it. */
  readonly kept: number;
}

export type Variant = 'cpu' | 'gpu';

export interface Pin {
  readonly version: string;
  /** The first holds the library. */
  readonly wheels: readonly Wheel[];
}

/** By variant, then by `process.platform-process.arch`. */
export type Pins = Readonly<Record<Variant, Readonly<Record<string, Pin>>>>;
