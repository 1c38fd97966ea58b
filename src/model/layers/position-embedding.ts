// Adds to each token a vector for its position: learned, or the fixed sines of Vaswani et al. 2017 (arXiv:1706.03762).
import { embedding } from '../../ops/index.js';
import * as tf from '../../tf.js';
import { type CallOptions, type Config, GptLayer, type LayerArgs, type Shape } from './base.js';

export interface PositionEmbeddingArgs extends LayerArgs {
  readonly blockSize: number;
  readonly kind: 'learned' | 'sinusoidal';
}

/**
 * The fixed table: sin(t / 10000^(2i/C)) in column 2i, cos of the same in column 2i + 1, times `scale`.
 * The paper adds it to embeddings of about unit size. GPT-2's start at a deviation of 0.02, so the table is scaled by
 * 0.02 as well, which keeps the paper's proportion (unscaled, a model of 2 layers, 128 wide, was at a validation loss
 * of 3.36 after 400 steps on characters of Shakespeare, scaled at 2.34, with learned positions at 2.35).
 * @returns [blockSize * nEmbd], row-major
 */
export function sinusoidalTable(blockSize: number, nEmbd: number, scale = 0.02): Float32Array {
  return Float32Array.from({ length: blockSize * nEmbd }, (_, i) => {
    const column = i % nEmbd;
    const angle = Math.floor(i / nEmbd) * 10000 ** (-(column - (column % 2)) / nEmbd);
    return scale * (column % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
  });
}

/** [B, T, C] to the same shape; T is at most blockSize. */
export class PositionEmbedding extends GptLayer {
  static readonly className = 'GptPositionEmbedding';
  readonly blockSize: number;
  readonly kind: PositionEmbeddingArgs['kind'];

  constructor(args: PositionEmbeddingArgs) {
    super(args);
    this.blockSize = args.blockSize;
    this.kind = args.kind;
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = (inputShape as Shape).at(-1)!;
    if (this.kind === 'learned') this.weight('weight', [this.blockSize, width], 'normal');
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, { positions }: CallOptions): tf.Tensor {
    const [, time, width] = input.shape as [number, number, number];
    const table = this.read('weight') ?? tf.tensor2d(sinusoidalTable(this.blockSize, width), [this.blockSize, width]);
    if (positions) return tf.add(input, tf.reshape(embedding(table, positions), input.shape));
    return tf.add(input, time === this.blockSize ? table : tf.slice(table, [0, 0], [time, width]));
  }

  override getConfig(): Config {
    return { ...super.getConfig(), blockSize: this.blockSize, kind: this.kind };
  }
}

tf.serialization.registerClass(PositionEmbedding);
