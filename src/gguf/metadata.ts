// The key-value pairs of a GGUF file: their types, reading and writing. Strings are UTF-8 with a 64-bit length.
import { GptError } from '../errors.js';

export type MetadataValue = number | boolean | string | bigint | readonly MetadataValue[];

/** The types by their numbers in files. */
export const valueTypes = [
  'uint8',
  'int8',
  'uint16',
  'int16',
  'uint32',
  'int32',
  'float32',
  'bool',
  'string',
  'array',
  'uint64',
  'int64',
  'float64',
] as const;
export type ValueType = (typeof valueTypes)[number];

/** The metadata of a file, with errors that name the key. */
export class Metadata {
  /** @param source the file's path, for messages */
  constructor(
    readonly values: ReadonlyMap<string, MetadataValue>,
    readonly source: string,
  ) {}

  error(what: string, hint?: string): GptError {
    return new GptError('gguf/metadata', `${this.source}: ${what}`, hint === undefined ? {} : { hint });
  }

  has(key: string): boolean {
    return this.values.has(key);
  }

  requireOnly(
    prefix: string,
    computed: readonly string[],
    neutral: Readonly<Record<string, readonly unknown[]>>,
  ): void {
    for (const [key, value] of this.values) {
      if (!key.startsWith(prefix)) continue;
      const name = key.slice(prefix.length);
      if (computed.includes(name) || neutral[name]?.includes(value)) continue;
      throw this.error(`${key} is ${this.shown(key)}, which is not computed`);
    }
  }

  /** A finite number. @param fallback where the key is missing; without one that is an error */
  number(key: string, fallback?: number): number {
    const value = this.values.get(key) ?? fallback;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.error(`${key} is ${this.shown(key)}, expected a number`);
  }

  /** A whole number from 1 to `most`. */
  size(key: string, most: number, fallback?: number): number {
    const value = this.number(key, fallback);
    if (Number.isSafeInteger(value) && value >= 1 && value <= most) return value;
    throw this.error(`${key} is ${value}, expected a whole number from 1 to ${most}`);
  }

  string(key: string): string | undefined {
    const value = this.values.get(key);
    if (value === undefined || typeof value === 'string') return value;
    throw this.error(`${key} is ${this.shown(key)}, expected a text`);
  }

  strings(key: string): readonly string[] {
    const value = this.values.get(key);
    if (Array.isArray(value) && value.every((each) => typeof each === 'string')) return value as string[];
    throw this.error(`${key} is ${this.shown(key)}, expected a list of texts`);
  }

  numbers(key: string): readonly number[] {
    const value = this.values.get(key);
    if (Array.isArray(value) && value.every((each) => typeof each === 'number')) return value as number[];
    throw this.error(`${key} is ${this.shown(key)}, expected a list of numbers`);
  }

  private shown(key: string): string {
    const value = this.values.get(key);
    if (value === undefined) return 'missing';
    return Array.isArray(value) ? `a list of ${value.length}` : String(value).slice(0, 80);
  }
}
