// A linear layer that reads one position of each text (GPT-1; transformers' GPT2ForSequenceClassification).
import { type CallOptions, type Config, GptLayer, type LayerArgs, type Shape } from '../model/layers/base.js';
import { embedding } from '../ops/embedding.js';
import * as tf from '../tf.js';

export interface ClassifierHeadArgs extends LayerArgs {
  /** L */
  readonly labelCount: number;
  readonly nEmbd: number;
}

/** [hidden [B, T, C], positions int32 [B] or [B, 1], as tfjs' models pass it] to scores [B, L]. */
export class ClassifierHead extends GptLayer {
  static readonly className = 'GptClassifierHead';
  readonly labelCount: number;
  readonly nEmbd: number;

  constructor(args: ClassifierHeadArgs) {
    super(args);
    this.labelCount = args.labelCount;
    this.nEmbd = args.nEmbd;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [this.labelCount, this.nEmbd], 'normal');
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], _options: CallOptions): tf.Tensor {
    if (!Array.isArray(inputs) || inputs.length !== 2)
      throw new Error(`${this.name} takes hidden states and the positions to read`);
    const [hidden, positions] = inputs as [tf.Tensor, tf.Tensor];
    const [batch, time] = hidden.shape as [number, number, number];
    return tf.tidy(() => {
      const places = tf.cast(tf.reshape(positions, [batch]), 'int32');
      const rows = tf.add(tf.range(0, batch * time, time, 'int32'), places); // row b*T + positions[b]
      return this.compute(embedding(tf.reshape(hidden, [batch * time, this.nEmbd]), rows));
    });
  }

  /** [B, C] to [B, L]. */
  protected override compute(read: tf.Tensor): tf.Tensor {
    return tf.matMul(read, this.read('weight')!, false, true);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [(inputShape as Shape[])[0]![0]!, this.labelCount];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), labelCount: this.labelCount, nEmbd: this.nEmbd };
  }
}

tf.serialization.registerClass(ClassifierHead);
