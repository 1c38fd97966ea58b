// A pre-norm transformer block: attention and MLP, each after a norm and added to what came in.
import * as tf from '../../tf.js';
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
} from './base.js';

export interface PreNormBlockArgs extends LayerArgs {
  readonly nEmbd: number;
}

/** [B, T, C] to the same shape, or [B*T, C] with the option `time`. The families say what norms, attention and MLP are. */
export abstract class PreNormBlock<Args extends PreNormBlockArgs> extends GptLayer {
  protected abstract readonly norm1: GptLayer;
  protected abstract readonly attention: GptLayer;
  protected abstract readonly norm2: GptLayer;
  protected abstract readonly mlp: GptLayer;

  constructor(protected readonly args: Args) {
    super(args);
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
