// GPT-2's architecture out of the layers: embeddings, blocks, a last layer norm, logits by the tied token table.
// Its variables are placeholders of zeros: whoever runs it (an engine) binds them to the real parameters by name.
import { dropout, type Past, recompute } from '../ops/index.js';
import * as tf from '../tf.js';
import type { GptConfig } from './config.js';
import { parameterSpecs } from './config.js';
import type { CallOptions } from './layers/base.js';
import { Block } from './layers/block.js';
import { LayerNorm } from './layers/layerNorm.js';
import { PositionEmbedding } from './layers/positionEmbedding.js';
import { TokenEmbedding } from './layers/tokenEmbedding.js';
import { type LoraConfig, loraSpecs } from './lora.js';

/** Absent: no dropout, positions 0..T-1. `positions` is int32 [B*T]. */
export interface GptOptions extends Pick<CallOptions, 'dropout' | 'positions' | 'present'> {
  /** Of each block. */
  readonly past?: readonly Past[] | undefined;
}

/** Dropout masks by place: the embeddings' is 0, each block has three. */
const masksPerBlock = 3;

export class Gpt {
  /** By GPT-2's names, exactly those of `parameterSpecs(config)`, in its order; then those of the adapters. */
  readonly variables: ReadonlyMap<string, tf.Variable>;
  private readonly tokens: TokenEmbedding;
  private readonly positions: PositionEmbedding | undefined;
  private readonly blocks: readonly Block[];
  private readonly lastNorm: LayerNorm;

  /**
   * @param lora with low-rank adapters beside the blocks' linear layers
   * @param options.recompute keep only what enters a block for its gradient, and compute the rest again (ops/recompute)
   */
  constructor(
    readonly config: GptConfig,
    readonly lora?: LoraConfig,
    private readonly options: { readonly recompute?: boolean } = {},
  ) {
    const { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout: rate, bias, position, layerNormEpsilon } = config;
    const epsilon = layerNormEpsilon;
    const ropePositions = position === 'rope' ? blockSize : undefined;
    this.tokens = new TokenEmbedding({ name: 'wte', vocabSize, nEmbd });
    this.positions =
      position === 'rope' ? undefined : new PositionEmbedding({ name: 'wpe', blockSize, kind: position });
    this.blocks = Array.from({ length: nLayer }, (_, i) => {
      const place = 1 + masksPerBlock * i;
      return new Block({ name: `h.${i}`, nHead, nEmbd, bias, dropout: rate, epsilon, place, ropePositions, lora });
    });
    this.lastNorm = new LayerNorm({ name: 'ln_f', bias, epsilon });
    this.variables = this.build();
  }

  private build(): Map<string, tf.Variable> {
    const layers = [this.tokens, ...(this.positions ? [this.positions] : []), ...this.blocks, this.lastNorm];
    const found = new Map(
      layers.flatMap((layer) => {
        layer.setFastWeightInitDuringBuild(true); // zeros, whose pages are never touched
        layer.build(layer === this.tokens ? [null, null] : [null, null, this.config.nEmbd]);
        layer.built = true;
        return layer.parameters(`${layer.name}.`);
      }),
    );
    return new Map(
      [...parameterSpecs(this.config), ...(this.lora ? loraSpecs(this.config, this.lora) : [])].map(
        ({ name, shape }) => {
          const variable = found.get(name);
          if (!variable || String(variable.shape) !== String(shape)) {
            throw new Error(`no layer has ${name} [${shape}]: found ${variable?.shape}`);
          }
          return [name, variable];
        },
      ),
    );
  }

  /**
   * The last layer norm's output.
   * @param ids int32 [B, T], each in 0..V-1; T at most blockSize
   * @returns [B*T, C]
   */
  hidden(ids: tf.Tensor, options: GptOptions = {}): tf.Tensor {
    const { blockSize, nEmbd, dropout: rate } = this.config;
    const [batch, time] = ids.shape as [number, number];
    if (ids.rank !== 2 || ids.dtype !== 'int32')
      throw new Error(`ids must be int32 [B, T], is ${ids.dtype} [${ids.shape}]`);
    if (time > blockSize) throw new Error(`${time} tokens are longer than the block size ${blockSize}`);
    const { past, ...shared } = options;
    return tf.tidy(() => {
      const embedded = this.tokens.run(ids); // [B, T, C]
      const placed = this.positions?.run(embedded, shared) ?? embedded;
      const start = dropout(tf.reshape(placed, [batch * time, nEmbd]), rate, options.dropout, 0);
      const last = this.blocks.reduce(
        (x, block, i) => this.runBlock(block, x, { ...shared, time, past: past?.[i] }),
        start,
      );
      return { output: this.lastNorm.run(last), kept: [...(options.present ?? [])] };
    }).output;
  }

  private runBlock(block: Block, x: tf.Tensor, options: CallOptions): tf.Tensor {
    const run = (input: tf.Tensor) => block.run(input, options);
    if (!this.options.recompute) return run(x);
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

  /** Hidden states [N, C] to logits [N, V]. */
  project(hidden: tf.Tensor): tf.Tensor {
    return this.tokens.logits(hidden);
  }

  /** Frees the variables. */
  dispose(): void {
    for (const variable of this.variables.values()) variable.dispose();
  }
}
