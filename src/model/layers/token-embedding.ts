// The vocabulary's table: tokens to vectors, and, tied to it, vectors back to logits (Press and Wolf 2017).
import { embedding } from '../../ops/index.js';
import * as tf from '../../tf.js';
import { type Config, GptLayer, type LayerArgs, type Shape, single } from './base.js';

export interface TokenEmbeddingArgs extends LayerArgs {
  readonly vocabSize: number;
  readonly nEmbd: number;
}

/** int32 [B, T] to [B, T, C]. */
export class TokenEmbedding extends GptLayer {
  static readonly className: string = 'GptTokenEmbedding';
  readonly vocabSize: number;
  readonly nEmbd: number;

  constructor(args: TokenEmbeddingArgs) {
    super(args);
    this.vocabSize = args.vocabSize;
    this.nEmbd = args.nEmbd;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [this.vocabSize, this.nEmbd], 'normal');
    super.build(inputShape);
  }

  /** [V, C] */
  get matrix(): tf.Variable {
    return this.read('weight')!;
  }

  protected override compute(ids: tf.Tensor): tf.Tensor {
    const whole = ids.dtype === 'int32' ? ids : tf.cast(ids, 'int32'); // tf.input's default dtype is float32
    const rows = embedding(this.read('weight')!, tf.reshape(whole, [ids.size]));
    return tf.reshape(rows, [...ids.shape, this.nEmbd]);
  }

  /** [N, C] to [N, V]: the product with every row of the table. */
  logits(hidden: tf.Tensor): tf.Tensor {
    return tf.matMul(hidden, this.read('weight')!, false, true);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...single(inputShape), this.nEmbd];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), vocabSize: this.vocabSize, nEmbd: this.nEmbd };
  }
}

tf.serialization.registerClass(TokenEmbedding);
