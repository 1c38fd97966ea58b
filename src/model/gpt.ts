// A decoder of any family, out of its layers: embeddings, blocks, a last norm, logits. Its variables are placeholders of zeros:
// whoever runs it (an engine) binds them to the real parameters by name.
import { linear, recompute } from '../ops/index.js';
import * as tf from '../tf.js';
import type { GptOptions, ModelLayers } from './family.js';
import type { CallOptions, GptLayer } from './layers/base.js';
import { type LoraConfig, loraSpecs } from './lora.js';
import { familyOf, type GptConfig } from './registry.js';

export interface GptParts {
  /** With low-rank adapters next to the blocks' linear layers. */
  readonly lora?: LoraConfig | undefined;
  /** Keep only what enters a block for its gradient, and compute the rest again (ops/recompute). */
  readonly recompute?: boolean;
}

export class Gpt {
  /** Exactly those of the family's parameter list, in its order; then those of the adapters. */
  readonly variables: ReadonlyMap<string, tf.Variable>;

  /** @param model the layers of `config` in its family; `create` loads them */
  constructor(
    readonly config: GptConfig,
    private readonly model: ModelLayers,
    private readonly parts: GptParts = {},
  ) {
    this.variables = this.build();
  }

  /** Loads the family's layers and makes a model of them. */
  static async create(config: GptConfig, parts: GptParts = {}): Promise<Gpt> {
    const { build } = await familyOf(config).layers();
    return new Gpt(config, build(config, parts.lora), parts);
  }

  private build(): Map<string, tf.Variable> {
    const { layers } = this.model;
    const found = new Map(
      layers.flatMap((layer, i) => {
        layer.setFastWeightInitDuringBuild(true); // zeros, whose pages are never touched
        layer.build(i === 0 ? [null, null] : [null, null, this.config.nEmbd]);
        layer.built = true;
        return layer.parameters(`${layer.name}.`);
      }),
    );
    const own = familyOf(this.config).parameters(this.config);
    const { lora } = this.parts;
    return new Map(
      [...own, ...(lora ? loraSpecs(own, lora) : [])].map(({ name, shape }) => {
        const variable = found.get(name);
        if (!variable || String(variable.shape) !== String(shape)) {
          throw new Error(`no layer has ${name} [${shape}]: found ${variable?.shape}`);
        }
        return [name, variable];
      }),
    );
  }

  /** How many dropout masks the model uses; the places from there on are free. */
  get masks(): number {
    return this.model.masks;
  }

  /**
   * The last norm's output.
   * @param ids int32 [B, T], each in 0..V-1; T at most blockSize
   * @returns [B*T, C]
   */
  hidden(ids: tf.Tensor, options: GptOptions = {}): tf.Tensor {
    const { blockSize } = this.config;
    const time = ids.shape[1]!;
    if (ids.rank !== 2 || ids.dtype !== 'int32')
      throw new Error(`ids must be int32 [B, T], is ${ids.dtype} [${ids.shape}]`);
    if (time > blockSize) throw new Error(`${time} tokens are longer than the block size ${blockSize}`);
    const { past, states, edit, ...shared } = options;
    return tf.tidy(() => {
      const reached = (state: tf.Tensor, layer: number) => {
        const next = edit?.(state, layer) ?? state;
        states?.push(next);
        return next;
      };
      const last = this.model.blocks.reduce(
        (x, block, i) => reached(this.runBlock(block, x, { ...shared, time, past: past?.[i] }), i + 1),
        reached(this.model.embed(ids, shared), 0),
      );
      const kept = [...(options.present ?? []), ...(options.weights ?? []), ...(states ?? [])];
      return { output: this.model.normalize(last), kept };
    }).output;
  }

  private runBlock(block: GptLayer, x: tf.Tensor, options: CallOptions): tf.Tensor {
    const run = (input: tf.Tensor) => block.run(input, options);
    if (!this.parts.recompute) return run(x);
    return recompute(
      run,
      x,
      block.parameters().map(([, variable]) => variable),
    );
  }

  /**
   * Logits of the next token at every position.
   * @param ids int32 [B, T]
   * @returns [B*T, V]
   */
  logits(ids: tf.Tensor, options: GptOptions = {}): tf.Tensor {
    return tf.tidy(() => this.project(this.hidden(ids, options)));
  }

  /** What enters the first block. @param ids int32 [B, T] @returns [B*T, C] */
  embed(ids: tf.Tensor): tf.Tensor {
    return this.model.embed(ids, {});
  }

  /** The tokens' part of it, without positions. @param ids int32 [B, T] @returns [B*T, C] */
  embedTokens(ids: tf.Tensor): tf.Tensor {
    return this.model.embedTokens(ids);
  }

  /** The last norm. [N, C] to the same shape. */
  normalize(state: tf.Tensor): tf.Tensor {
    return this.model.normalize(state);
  }

  /** [V, C]: hidden states times its transpose are logits. */
  get output(): tf.Variable {
    return this.model.output();
  }

  /** Hidden states [N, C] to logits [N, V]. */
  project(hidden: tf.Tensor): tf.Tensor {
    return linear(hidden, this.output, undefined, 0);
  }

  /** Frees the variables. */
  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}
