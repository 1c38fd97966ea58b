// A linear layer with GPT-2's weight layout, [in, out].
import { linear } from '../../ops/index.js';
import * as tf from '../../tf.js';
import { type CallOptions, type Config, fold, GptLayer, type LayerArgs, type Shape, single, unfold } from './base.js';

export interface LinearArgs extends LayerArgs {
  readonly units: number;
  readonly bias: boolean;
}

/** [..., C] to [..., units]. */
export class Linear extends GptLayer {
  static readonly className = 'GptLinear';
  readonly units: number;
  readonly bias: boolean;

  constructor(args: LinearArgs) {
    super(args);
    this.units = args.units;
    this.bias = args.bias;
  }

  override build(inputShape: Shape | Shape[]): void {
    this.weight('weight', [single(inputShape).at(-1)!, this.units], 'normal');
    if (this.bias) this.weight('bias', [this.units], 'zeros');
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, _options: CallOptions): tf.Tensor {
    return unfold(linear(fold(input), this.read('weight')!, this.read('bias')), input);
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [...single(inputShape).slice(0, -1), this.units];
  }

  override getConfig(): Config {
    return { ...super.getConfig(), units: this.units, bias: this.bias };
  }
}

tf.serialization.registerClass(Linear);
