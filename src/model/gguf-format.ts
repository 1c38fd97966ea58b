// How a family's models are kept in GGUF files (llama.cpp's format), in both directions.
import type { ModelConfig, ParameterSpec } from './config.js';

/** Metadata of a GGUF file; errors name the key. */
export interface GgufMetadata {
  has(key: string): boolean;
  /** A finite number. @throws GptError `gguf/metadata` */
  number(key: string, fallback?: number): number;
  /** A whole number from 1 to `most`. @throws GptError `gguf/metadata` */
  size(key: string, most: number, fallback?: number): number;
  /**
   * Refuses keys of an architecture that are not computed.
   * @param prefix `llama.`
   * @param neutral keys that change nothing where they have one of these values
   * @throws GptError `gguf/metadata`
   */
  requireOnly(prefix: string, computed: readonly string[], neutral: Readonly<Record<string, readonly unknown[]>>): void;
  error(what: string, hint?: string): Error;
}

/** A value to be written, with the type that llama.cpp expects. */
export interface GgufEntry {
  readonly type: 'uint32' | 'float32';
  readonly value: number;
}

/**
 * How a stored tensor differs from the parameter: `transposed`, or with the rows of each head `interleaved`, since ggml rotates
 * adjacent pairs where transformers rotates halves of a head (rotate_half).
 */
export type GgufLayout = 'same' | 'transposed' | { readonly interleaved: { readonly heads: number } };

export interface GgufFormat<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture` */
  readonly architecture: string;
  /**
   * @param facts derived from the tensors
   * @throws GptError `gguf/metadata` for what this program does not compute
   */
  read(metadata: GgufMetadata, facts: { readonly vocabSize: number; readonly tied: boolean }): Config;
  /** The architecture's keys, without their prefix. @throws GptError `export/...` for a model that the format cannot hold */
  write(config: Config): Readonly<Record<string, GgufEntry>>;
  /** The name of a parameter's tensor. */
  tensorName(parameter: string): string;
  layout(config: Config, parameter: ParameterSpec): GgufLayout;
}
