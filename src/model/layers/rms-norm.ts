// Root-mean-square normalization over channels, as in Llama.
import { rmsNorm } from '../../ops/index.js';
import * as tf from '../../tf.js';
import { type Config, fold, GptLayer, type LayerArgs, type Shape, single, unfold } from './base.js';

export interface RMSNormArgs extends LayerArgs {
  readonly epsilon: number;
}

/** [..., C] to the same shape. */
export class RMSNorm extends GptLayer {
  static readonly className = 'GptRMSNorm';
  readonly epsilon: number;

  constructor(args: RMSNormArgs) {
    super(args);
    this.epsilon = args.epsilon;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [single(inputShape).at(-1)!], 'ones');
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor): tf.Tensor {
    return unfold(rmsNorm(fold(input), this.read('weight')!, this.epsilon), input);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(RMSNorm);
