// A pre-norm transformer block (GPT-2): attention and MLP, each behind a layer norm and added to what came in.
import * as tf from '../../../tf.js';
import {
  type CallOptions,
  type Config,
  fold,
  GptLayer,
  given,
  type LayerArgs,
  type Shape,
  timeOf,
  unfold,
} from '../../layers/base.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import type { LoraConfig } from '../../lora.js';
import { CausalSelfAttention } from './attention.js';
import type { Activation } from './config.js';
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
  readonly activation?: Activation | undefined;
  /** Inner width of the MLP; default 4 nEmbd. */
  readonly ffnSize?: number | undefined;
  /** What the attention scores are multiplied with besides 1 / sqrt(D); default 1. */
  readonly attentionScale?: number | undefined;
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
    const { nHead, nEmbd, bias, dropout, epsilon, place, ropePositions, activation, ffnSize, attentionScale, lora } =
      args;
    const shared = { nEmbd, bias, dropout, lora };
    this.args = args;
    this.norm1 = this.part('ln_1', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.attention = this.part(
      'attn',
      (part) => new CausalSelfAttention({ ...part, ...shared, nHead, place, ropePositions, attentionScale }),
    );
    this.norm2 = this.part('ln_2', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.mlp = this.part('mlp', (part) => new MLP({ ...part, ...shared, activation, ffnSize, place: place + 2 }));
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
    return { ...super.getConfig(), ...given(this.args) };
  }
}

tf.serialization.registerClass(Block);
