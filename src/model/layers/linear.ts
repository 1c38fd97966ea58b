// A linear layer whose weight is [in, out] as in GPT-2, or [out, in] as in torch.
import { linear } from '../../ops/index.js';
import * as tf from '../../tf.js';
import type { LoraConfig } from '../lora.js';
import { type CallOptions, type Config, fold, GptLayer, type LayerArgs, type Shape, single, unfold } from './base.js';

export interface LinearArgs extends LayerArgs {
  readonly units: number;
  readonly bias: boolean;
  /** Which axis of the weight counts the outputs. Default 1: [in, out]. */
  readonly outputAxis?: 0 | 1 | undefined;
  /** A low-rank adapter next to the weight. */
  readonly lora?: LoraConfig | undefined;
}

/** [..., C] to [..., units]. */
export class Linear extends GptLayer {
  static readonly className = 'GptLinear';
  readonly units: number;
  readonly bias: boolean;
  private readonly outputAxis: 0 | 1;
  private readonly lora: LoraConfig | undefined;

  constructor(args: LinearArgs) {
    super(args);
    this.units = args.units;
    this.bias = args.bias;
    this.outputAxis = args.outputAxis ?? 1;
    this.lora = args.lora;
  }

  override build(inputShape: Shape | Shape[]): void {
    const inputs = single(inputShape).at(-1)!;
    this.weight('weight', this.outputAxis === 1 ? [inputs, this.units] : [this.units, inputs], 'normal');
    if (this.bias) this.weight('bias', [this.units], 'zeros');
    if (this.lora) {
      this.weight('lora_A.weight', [this.lora.rank, inputs], 'normal');
      this.weight('lora_B.weight', [this.units, this.lora.rank], 'zeros');
    }
    super.build(inputShape);
  }

  get matrix(): tf.Variable {
    return this.read('weight')!;
  }

  protected override compute(input: tf.Tensor, _options: CallOptions): tf.Tensor {
    const x = fold(input);
    const y = linear(x, this.read('weight')!, this.read('bias'), this.outputAxis);
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
    const { units, bias, outputAxis, lora } = this;
    const own = { units, bias, ...(outputAxis === 0 && { outputAxis }), ...(lora && { lora: { ...lora } }) };
    return { ...super.getConfig(), ...own };
  }
}

tf.serialization.registerClass(Linear);
