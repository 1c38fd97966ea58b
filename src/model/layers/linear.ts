// A linear layer with GPT-2's weight layout, [in, out].
import { linear } from '../../ops/index.js';
import * as tf from '../../tf.js';
import type { LoraConfig } from '../lora.js';
import { type CallOptions, type Config, fold, GptLayer, type LayerArgs, type Shape, single, unfold } from './base.js';

export interface LinearArgs extends LayerArgs {
  readonly units: number;
  readonly bias: boolean;
  /** A low-rank adapter beside the weight. */
  readonly lora?: LoraConfig | undefined;
}

/** [..., C] to [..., units]. */
export class Linear extends GptLayer {
  static readonly className = 'GptLinear';
  readonly units: number;
  readonly bias: boolean;
  private readonly lora: LoraConfig | undefined;

  constructor(args: LinearArgs) {
    super(args);
    this.units = args.units;
    this.bias = args.bias;
    this.lora = args.lora;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [single(inputShape).at(-1)!, this.units], 'normal');
    if (this.bias) this.weight('bias', [this.units], 'zeros');
    if (this.lora) {
      this.weight('lora_A.weight', [this.lora.rank, single(inputShape).at(-1)!], 'normal');
      this.weight('lora_B.weight', [this.units, this.lora.rank], 'zeros');
    }
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, _options: CallOptions): tf.Tensor {
    const x = fold(input);
    const y = linear(x, this.read('weight')!, this.read('bias'));
    return unfold(this.lora ? tf.add(y, this.adapted(x, this.lora)) : y, input);
  }

  /** [N, in] to [N, units]. */
  private adapted(x: tf.Tensor, { rank, alpha }: LoraConfig): tf.Tensor {
    const narrow = tf.matMul(x, this.read('lora_A.weight')!, false, true); // [N, rank]
    return tf.matMul(tf.mul(narrow, alpha / rank), this.read('lora_B.weight')!, false, true);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...single(inputShape).slice(0, -1), this.units];
  }

  override getConfig(): Config {
    const lora = this.lora ? { lora: { ...this.lora } } : {};
    return { ...super.getConfig(), units: this.units, bias: this.bias, ...lora };
  }
}

tf.serialization.registerClass(Linear);
