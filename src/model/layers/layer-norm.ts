// Layer normalization over channels.
import { layerNorm } from '../../ops/index.js';
import * as tf from '../../tf.js';
import { type Config, fold, GptLayer, type LayerArgs, type Shape, single, unfold } from './base.js';

export interface LayerNormArgs extends LayerArgs {
  readonly bias: boolean;
  readonly epsilon: number;
}

/** [..., C] to the same shape. */
export class LayerNorm extends GptLayer {
  static readonly className = 'GptLayerNorm';
  readonly bias: boolean;
  readonly epsilon: number;

  constructor(args: LayerNormArgs) {
    super(args);
    this.bias = args.bias;
    this.epsilon = args.epsilon;
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = single(inputShape).at(-1)!;
    this.weight('weight', [width], 'ones');
    if (this.bias) this.weight('bias', [width], 'zeros');
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor): tf.Tensor {
    return unfold(layerNorm(fold(input), this.read('weight')!, this.read('bias'), this.epsilon), input);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), bias: this.bias, epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(LayerNorm);
