// The feed-forward part of a block: four times as wide inside, GELU between.
import { dropout, gelu } from '../../ops/index.js';
import * as tf from '../../tf.js';
import type { LoraConfig } from '../lora.js';
import {
  type CallOptions,
  type Config,
  dropoutKey,
  fold,
  GptLayer,
  type LayerArgs,
  type Shape,
  single,
  unfold,
} from './base.js';
import { Linear } from './linear.js';

export interface MLPArgs extends LayerArgs {
  readonly nEmbd: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly lora?: LoraConfig | undefined;
  /** Names the layer's dropout mask. */
  readonly place: number;
}

/** [..., C] to the same shape. */
export class MLP extends GptLayer {
  static readonly className = 'GptMLP';
  private readonly args: MLPArgs;
  private readonly up: Linear;
  private readonly down: Linear;

  constructor(args: MLPArgs) {
    super(args);
    const { nEmbd, bias, lora } = args;
    this.args = args;
    this.up = this.part('c_fc', (part) => new Linear({ ...part, units: 4 * nEmbd, bias, lora }));
    this.down = this.part('c_proj', (part) => new Linear({ ...part, units: nEmbd, bias, lora }));
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = single(inputShape).at(-1);
    if (width !== this.args.nEmbd) throw new Error(`${this.name}: input is ${width} wide, nEmbd is ${this.args.nEmbd}`);
    this.buildPart(this.up, [null, this.args.nEmbd]);
    this.buildPart(this.down, [null, 4 * this.args.nEmbd]);
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const { dropout: rate, place } = this.args;
    const inner = gelu(this.up.run(fold(input))); // [N, 4C]
    return unfold(dropout(this.down.run(inner), rate, dropoutKey(this, rate, options), place), input);
  }

  override getConfig(): Config {
    const { nEmbd, bias, dropout: rate, place, lora } = this.args;
    return { ...super.getConfig(), nEmbd, bias, dropout: rate, place, ...(lora ? { lora: { ...lora } } : {}) };
  }
}

tf.serialization.registerClass(MLP);
