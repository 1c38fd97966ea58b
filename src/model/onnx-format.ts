// How a family's models are written as ONNX graphs of any batch and length: in terms of layers, which whoever writes the file
// provides (export/onnx). Knows no operators and no number formats.
import type { ModelConfig } from './config.js';

/** A tensor of the graph that is being written. */
export type OnnxValue = string;

export interface AttentionParts {
  /** [B, T, H D] */
  readonly query: OnnxValue;
  /** [B, T, K D] */
  readonly key: OnnxValue;
  /** [B, T, K D] */
  readonly value: OnnxValue;
  /** H */
  readonly heads: number;
  /** K, a divisor of H: heads of keys and values. */
  readonly keptHeads: number;
  /** D */
  readonly width: number;
  /** What the scores are multiplied with besides 1 / sqrt(D); default 1. */
  readonly scale?: number | undefined;
  /** How many positions a query attends to, its own included. Absent: all up to its own. */
  readonly window?: number | undefined;
  /** Rotary positions: D/2 frequencies, radians a position, of element d together with d + D/2. Absent: none. */
  readonly frequencies?: readonly number[] | undefined;
  /** What turned heads are multiplied with; default 1. */
  readonly amplitude?: number | undefined;
}

export type OnnxActivation = 'tanh-gelu' | 'gelu' | 'relu' | 'silu';

/** Writes layers into a graph. `prefix` is a layer's name: its parameters are `<prefix>.weight` and, if there is one, `.bias`. */
export interface OnnxLayers {
  /** Rows of a table [N, C]. indices int64 [B, T] -> [B, T, C] */
  rows(table: string, indices: OnnxValue): OnnxValue;
  /** [B, T, C] -> [B, T, outputs] */
  linear(prefix: string, x: OnnxValue): OnnxValue;
  layerNorm(prefix: string, x: OnnxValue, epsilon: number): OnnxValue;
  /** Over the last axis. */
  rmsNorm(prefix: string, x: OnnxValue, epsilon: number): OnnxValue;
  /** `rmsNorm` of each head of [B, T, heads D]. */
  headNorm(prefix: string, x: OnnxValue, heads: number, epsilon: number): OnnxValue;
  /** Causal attention to this text and to what is kept of block `block`. -> [B, T, H D] */
  attention(block: number, parts: AttentionParts): OnnxValue;
  activation(name: OnnxActivation, x: OnnxValue): OnnxValue;
  /** Along the last axis. */
  split(x: OnnxValue, sizes: readonly number[]): OnnxValue[];
  add(a: OnnxValue, b: OnnxValue): OnnxValue;
  multiply(a: OnnxValue, b: OnnxValue): OnnxValue;
}

export interface OnnxFormat<Config extends ModelConfig = ModelConfig> {
  /** @param ids int64 [B, T] @param positions int64 [B, T] @returns [B, T, C], what enters the first block */
  embed(layers: OnnxLayers, config: Config, ids: OnnxValue, positions: OnnxValue): OnnxValue;
  /** One block. [B, T, C] to the same shape. */
  block(layers: OnnxLayers, config: Config, block: number, x: OnnxValue): OnnxValue;
  /** After the last block. [B, T, C] to the same shape. */
  normalize(layers: OnnxLayers, config: Config, x: OnnxValue): OnnxValue;
}
