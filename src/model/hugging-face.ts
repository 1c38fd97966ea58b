// How a family's models are kept in Hugging Face folders: what a family says about its config.json and its tensors, and the
// reader of config.json that names the key of every error. What all families write alike is in checkpoint/hf-config.ts.
import { GptError } from '../errors.js';
import type { ModelConfig, ParameterSpec } from './config.js';

/** `Config` as config.json and tensors, in both directions. */
export interface HuggingFaceFormat<Config extends ModelConfig = ModelConfig> {
  /** The values of `model_type` that it reads. */
  readonly modelTypes: readonly string[];
  /** The family's keys of config.json, `model_type` among them. */
  write(config: Config): Readonly<Record<string, unknown>>;
  /** The name in `architectures`. */
  architecture(config: Config, use: 'generation' | 'classification'): string;
  /**
   * The model of a config.json, before its tensors are looked at.
   * @throws GptError `checkpoint/config`, naming the key, for what this program does not compute
   */
  read(json: ConfigReader): Config;

  /** The parameter that a stored tensor holds, classifier's head and output projection included; undefined for a buffer. */
  parameterName(stored: string): string | undefined;
  /** The name of a parameter in model.safetensors. */
  storedName(parameter: string, classifier: boolean): string;
  /** The full name of a parameter in transformers' model with its head, as PEFT gives it. */
  moduleName(parameter: string): string;
  /** Names of the output projection, and of the embedding that it is tied to. */
  readonly tie: { readonly output: string; readonly embedding: string };
  /** What a file holds of a model: its parameters, and what transformers needs besides. */
  stored(config: Config): ParameterSpec[];
  /** The values of a stored tensor that is no parameter of the model, row-major. */
  constant(config: Config, stored: ParameterSpec): Promise<Float32Array>;
  /**
   * The configuration that agrees with the tensors: another program may have trained what was constant when it was written.
   * @param read a stored tensor by its parameter's name
   */
  settle(config: Config, read: (name: string) => Promise<Float32Array>): Promise<Config>;
  /** Whether LoRA's matrices are those of a layer with [in, out] weights (PEFT's `fan_in_fan_out`). */
  readonly fanInFanOut: boolean;

  /** Whether transformers opens it. */
  opensInTransformers(config: Config): boolean;
}

export type Wrong = (what: string, hint?: string) => GptError;

/** Reads keys of a config.json. Every error names the file and the key. */
export class ConfigReader {
  /** @param source its path, for messages */
  constructor(
    readonly keys: Readonly<Record<string, unknown>>,
    readonly source: string,
  ) {}

  readonly wrong: Wrong = (what, hint) =>
    new GptError('checkpoint/config', `${this.source}: ${what}`, hint === undefined ? {} : { hint });

  value(key: string): unknown {
    return this.keys[key] ?? undefined;
  }

  /** A whole number from 1 to `most`. @param fallback another key, or the value, where it is missing */
  size(key: string, most: number, fallback?: string | number): number {
    const other = typeof fallback === 'string' ? this.value(fallback) : fallback;
    const value = this.value(key) ?? other;
    if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > most)
      throw this.wrong(`${key} is ${JSON.stringify(value) ?? 'missing'}, expected an integer from 1 to ${most}`);
    return value as number;
  }

  /** A number from `min` to `max`. */
  number(key: string, standard: number, [min, max]: readonly [number, number] = [0, 1]): number {
    const value = this.value(key) ?? standard;
    if (typeof value !== 'number' || !(value >= min && value <= max))
      throw this.wrong(`${key} is ${JSON.stringify(value)}, expected a number from ${min} to ${max}`);
    return value;
  }

  toggle(key: string, standard: boolean): boolean {
    const value = this.value(key) ?? standard;
    if (typeof value !== 'boolean') throw this.wrong(`${key} is ${JSON.stringify(value)}, expected true or false`);
    return value;
  }

  /** The key must be absent or have one of these values; the first is meant where it is absent. */
  only(key: string, accepted: readonly unknown[]): void {
    const value = this.keys[key] ?? accepted[0];
    if (accepted.includes(value)) return;
    const names = accepted.map((each) => JSON.stringify(each)).join(' and ');
    throw this.wrong(`${key} is ${JSON.stringify(value)}; only ${names} can be computed`);
  }
}
