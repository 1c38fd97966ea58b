// One table for both ends of a model: tokens to vectors, and vectors back to logits (Press and Wolf 2017, arXiv:1608.05859).
import { type Shape, single } from '../model/layers/base.js';
import { TokenEmbedding, type TokenEmbeddingArgs } from '../model/layers/token-embedding.js';
import * as tf from '../tf.js';

export type TiedEmbeddingArgs = TokenEmbeddingArgs;

/**
 * int32 [B, T] to [B, T, C], and float32 [B, T, C] to [B, T, V]: applied twice in a model, it has its weight once, in files
 * as in training.
 */
export class TiedEmbedding extends TokenEmbedding {
  static override readonly className: string = 'GptTiedEmbedding';

  protected override compute(input: tf.Tensor): tf.Tensor {
    if (input.rank !== 3) return super.compute(input);
    const [batch, time] = input.shape as [number, number];
    const logits = this.logits(tf.reshape(input, [batch * time, this.nEmbd]));
    return tf.reshape(logits, [batch, time, this.vocabSize]);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const shape = single(inputShape);
    return shape.length === 3 ? [shape[0]!, shape[1]!, this.vocabSize] : super.computeOutputShape(inputShape);
  }
}

tf.serialization.registerClass(TiedEmbedding);
