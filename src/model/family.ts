// What a model family is: one folder in families/ with one descriptor of this type, and one line in families.ts. The
// descriptor is light; what needs tfjs is loaded by `layers`.
import type { Setting } from '../config/setting.js';
import type { Past } from '../ops/index.js';
import type * as tf from '../tf.js';
import type { ModelConfig, ParameterSpec } from './config.js';
import type { GgufFormat } from './gguf-format.js';
import type { HuggingFaceFormat } from './hugging-face.js';
import type { CallOptions, GptLayer } from './layers/base.js';
import type { LoraConfig } from './lora.js';
import type { OnnxFormat } from './onnx-format.js';

/** Absent: no dropout, positions 0..T-1. `positions` is int32 [B*T]. */
export interface GptOptions extends Pick<CallOptions, 'dropout' | 'positions' | 'present' | 'weights'> {
  /** Of each block. */
  readonly past?: readonly Past[] | undefined;
  /** Where the model puts what enters the first block and what leaves each one, [B*T, C]. Inference only. */
  readonly states?: tf.Tensor[] | undefined;
  /** Changes the residual stream: gets what enters the first block (0) and what leaves each one (1..L), [B*T, C]. */
  readonly edit?: ((state: tf.Tensor, layer: number) => tf.Tensor) | undefined;
}

/** A model made of tfjs layers. Its parameters are the layers' own, under the names of the family's list. */
export interface ModelLayers {
  /** All of them, in the order of use; the first is built for ids [B, T], the others for [B, T, C]. */
  readonly layers: readonly GptLayer[];
  /** The repeated blocks: [B*T, C] to the same shape. */
  readonly blocks: readonly GptLayer[];
  /** @param ids int32 [B, T] @returns [B*T, C], what enters the first block */
  embed(ids: tf.Tensor, options: GptOptions): tf.Tensor;
  /** The rows of the token table alone. @param ids int32 [B, T] @returns [B*T, C] */
  embedTokens(ids: tf.Tensor): tf.Tensor;
  /** After the last block. [B*T, C] to the same shape. */
  normalize(x: tf.Tensor): tf.Tensor;
  /** [V, C], what hidden states are multiplied with for logits: the token table or a matrix of its own. */
  output(): tf.Variable;
  /** How many dropout masks the model uses; the places from there on are free. */
  readonly masks: number;
}

/** What is kept of each position and block for decoding: so many heads of keys and values, of this width. */
export interface CacheShape {
  readonly heads: number;
  readonly width: number;
}

/** The settings of a run that shape a model of any family. */
export interface ModelSettings {
  readonly arch: string;
  readonly blockSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  readonly dropout: number;
}

export interface Family<Config extends ModelConfig = ModelConfig, Settings = ModelSettings> {
  /** As in `--arch`. */
  readonly name: string;
  /** Settings of a run that it reads besides the shared ones: flags, config keys, defaults, ranges and help. */
  // biome-ignore lint/suspicious/noExplicitAny: each of its own type
  readonly settings: Readonly<Record<string, Setting<any>>>;
  /**
   * The model that a run's settings ask for.
   * @throws GptError `config/...` with a hint for settings that do not fit each other
   */
  configure(shared: Omit<ModelConfig, 'arch'>, settings: Settings): Config;
  /** What a person who begins a run with these settings should know: one sentence. */
  advice?(settings: Settings): string | undefined;
  /** Every trainable parameter, in the order of use. */
  parameters(config: Config): ParameterSpec[];
  cache(config: Config): CacheShape;
  /** How many positions a block attends to, its own included; undefined: all up to its own. Absent: undefined for every block. */
  window?(config: Config, block: number): number | undefined;
  /** Angles by which queries and keys turn from one position to the next, radians [D/2]; undefined: kept keys are not turned further. */
  rotary(config: Config): readonly number[] | undefined;
  /** Beyond which length a text is not the same when it is padded: its angles follow the length. */
  exactBeyond?(config: Config): number | undefined;
  /** A classifier's head: one row for each label. */
  head(config: Config, labels: number): ParameterSpec;
  layers(): Promise<{ build(config: Config, lora?: LoraConfig): ModelLayers }>;
  readonly huggingFace: HuggingFaceFormat<Config>;
  /** Absent: llama.cpp has no such models. */
  readonly gguf?: GgufFormat<Config>;
  /** Absent: not exported as ONNX. */
  readonly onnx?: OnnxFormat<Config>;
}

/** A family of any configuration: for lists of them. */
// biome-ignore lint/suspicious/noExplicitAny: methods of families take their own configurations only
export type AnyFamily = Family<any, any>;
