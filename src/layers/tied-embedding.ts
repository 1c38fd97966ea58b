// One table for both ends of a model: tokens to vectors, and vectors back to logits (Press and Wolf 2017, arXiv:1608.05859).
import { type Config, GptLayer, type LayerArgs, type Shape, single } from '../model/layers/base.js';
import { embedding } from '../ops/embedding.js';
import * as tf from '../tf.js';

export interface TiedEmbeddingArgs extends LayerArgs {
  readonly vocabSize: number;
  readonly nEmbd: number;
}

/**
 * int32 [B, T] to [B, T, C], and float32 [B, T, C] to [B, T, V]: applied twice in a model, it has its weight once, in files
 * as in training.
 */
export class TiedEmbedding extends GptLayer {
  static readonly className = 'GptTiedEmbedding';
  readonly vocabSize: number;
  readonly nEmbd: number;

  constructor(args: TiedEmbeddingArgs) {
    super(args);
    this.vocabSize = args.vocabSize;
    this.nEmbd = args.nEmbd;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [this.vocabSize, this.nEmbd], 'normal');
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor): tf.Tensor {
    const table = this.read('weight')!;
    if (input.rank === 3) {
      const [batch, time] = input.shape as [number, number, number];
      const hidden = tf.reshape(input, [batch * time, this.nEmbd]);
      return tf.reshape(tf.matMul(hidden, table, false, true), [batch, time, this.vocabSize]);
    }
    const ids = input.dtype === 'int32' ? input : tf.cast(input, 'int32');
    return tf.reshape(embedding(table, tf.reshape(ids, [ids.size])), [...ids.shape, this.nEmbd]);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = single(inputShape);
    return shape.length === 3 ? [shape[0]!, shape[1]!, this.vocabSize] : [...shape, this.nEmbd];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), vocabSize: this.vocabSize, nEmbd: this.nEmbd };
  }
}

tf.serialization.registerClass(TiedEmbedding);
