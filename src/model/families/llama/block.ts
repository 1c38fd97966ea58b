// A pre-norm block of Llama: attention and gated MLP, each after an RMSNorm and added to what came in.
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
import { RMSNorm } from '../../layers/rms-norm.js';
import { GroupedQueryAttention, type GroupedQueryAttentionArgs } from './attention.js';
import { GatedMLP } from './mlp.js';

export interface LlamaBlockArgs extends LayerArgs, Omit<GroupedQueryAttentionArgs, keyof LayerArgs> {
  readonly ffnSize: number;
  readonly epsilon: number;
  /** Names the block's dropout masks: this and the next two integers. */
  readonly place: number;
}

/** [B, T, C] to the same shape, or [B*T, C] with the option `time`. */
export class LlamaBlock extends GptLayer {
  static readonly className = 'GptLlamaBlock';
  private readonly args: LlamaBlockArgs;
  private readonly norm1: RMSNorm;
  private readonly attention: GroupedQueryAttention;
  private readonly norm2: RMSNorm;
  private readonly mlp: GatedMLP;

  constructor(args: LlamaBlockArgs) {
    super(args);
    const { ffnSize, epsilon, name: _, trainable: __, ...attention } = args;
    const { nEmbd, dropout, lora, place } = args;
    this.args = args;
    this.norm1 = this.part('input_layernorm', (part) => new RMSNorm({ ...part, epsilon }));
    this.attention = this.part('self_attn', (part) => new GroupedQueryAttention({ ...attention, ...part }));
    this.norm2 = this.part('post_attention_layernorm', (part) => new RMSNorm({ ...part, epsilon }));
    this.mlp = this.part('mlp', (part) => new GatedMLP({ ...part, nEmbd, ffnSize, dropout, lora, place: place + 2 }));
  }

  override build(inputShape: Shape | Shape[]): void {
    for (const part of [this.norm1, this.attention, this.norm2, this.mlp])
      this.buildPart(part, [null, this.args.nEmbd]);
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

tf.serialization.registerClass(LlamaBlock);
