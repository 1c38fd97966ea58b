// How a family's models are kept in GGUF files (llama.cpp's format), in both directions.
import type { ModelConfig, ParameterSpec } from './config.js';

/** Metadata of a GGUF file; errors name the key. */
export interface GgufMetadata {
  has(key: string): boolean;
  /** A finite number. @throws GptError `gguf/metadata` */
  number(key: string, fallback?: number): number;
  /** A whole number from 1 to `most`. @throws GptError `gguf/metadata` */
  size(key: string, most: number, fallback?: number): number;
  error(what: string, hint?: string): Error;
}

/** A value to be written, with the type that llama.cpp expects. */
export interface GgufEntry {
  readonly type: 'uint32' | 'float32';
  readonly value: number;
}

/**
 * How a stored tensor differs from the parameter: `transposed`, or its rows in another order: rotary positions of Llama turn
 * neighbours in ggml, halves of a head in transformers, so that rows of each head are `interleaved`.
 */
export type GgufLayout = 'same' | 'transposed' | { readonly interleaved: { readonly heads: number } };

export interface GgufFormat<Config extends ModelConfig = ModelConfig> {
  /** `general.architecture` */
  readonly architecture: string;
  /**
   * @param facts what the tensors tell
   * @throws GptError `gguf/metadata` for what this program does not compute
   */
  read(metadata: GgufMetadata, facts: { readonly vocabSize: number; readonly tied: boolean }): Config;
  /** The architecture's keys, without their prefix. @throws GptError `export/...` for a model that the format cannot hold */
  write(config: Config): Readonly<Record<string, GgufEntry>>;
  /** The name of a parameter's tensor. */
  tensorName(parameter: string): string;
  layout(config: Config, parameter: ParameterSpec): GgufLayout;
}
