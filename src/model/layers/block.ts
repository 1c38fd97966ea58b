// A pre-norm transformer block (GPT-2): attention and MLP, each behind a layer norm and added to what came in.
import * as tf from '../../tf.js';
import type { LoraConfig } from '../lora.js';
import { type CallOptions, type Config, fold, GptLayer, type LayerArgs, type Shape, timeOf, unfold } from './base.js';
import { CausalSelfAttention } from './causalSelfAttention.js';
import { LayerNorm } from './layerNorm.js';
import { MLP } from './mlp.js';

export interface BlockArgs extends LayerArgs {
  readonly nHead: number;
  readonly nEmbd: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly epsilon: number;
  /** Names the block's dropout masks: this and the next two integers. */
  readonly place: number;
  readonly ropePositions?: number | undefined;
  readonly lora?: LoraConfig | undefined;
}

/** [B, T, C] to the same shape, or [B*T, C] with the option `time`. */
export class Block extends GptLayer {
  static readonly className = 'GptBlock';
  private readonly args: BlockArgs;
  private readonly norm1: LayerNorm;
  private readonly attention: CausalSelfAttention;
  private readonly norm2: LayerNorm;
  private readonly mlp: MLP;

  constructor(args: BlockArgs) {
    super(args);
    const { nHead, nEmbd, bias, dropout, epsilon, place, ropePositions, lora } = args;
    const shared = { nEmbd, bias, dropout, lora };
    this.args = args;
    this.norm1 = this.part('ln_1', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.attention = this.part(
      'attn',
      (part) => new CausalSelfAttention({ ...part, ...shared, nHead, place, ropePositions }),
    );
    this.norm2 = this.part('ln_2', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.mlp = this.part('mlp', (part) => new MLP({ ...part, ...shared, place: place + 2 }));
  }

  override build(inputShape: Shape | Shape[]): void {
    for (const part of [this.norm1, this.attention, this.norm2, this.mlp]) {
      this.buildPart(part, [null, this.args.nEmbd]);
    }
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const flat = { ...options, time: timeOf(this, input, options) };
    const x = fold(input); // [B*T, C]
    const attended = tf.add(x, this.attention.run(this.norm1.run(x), flat));
    return unfold(tf.add(attended, this.mlp.run(this.norm2.run(attended), flat)), input);
  }

  override getConfig(): Config {
    const { nHead, nEmbd, bias, dropout, epsilon, place, ropePositions, lora } = this.args;
    const own = { nHead, nEmbd, bias, dropout, epsilon, place };
    const present = { ...(ropePositions ? { ropePositions } : {}), ...(lora ? { lora: { ...lora } } : {}) };
    return { ...super.getConfig(), ...own, ...present };
  }
}

tf.serialization.registerClass(Block);
