// The feed-forward part of a block: wider inside, an activation between.
import { dropout, gelu, geluExact, relu, silu } from '../../../ops/index.js';
import * as tf from '../../../tf.js';
import {
  type CallOptions,
  type Config,
  dropoutKey,
  fold,
  GptLayer,
  given,
  type LayerArgs,
  type Shape,
  single,
  unfold,
} from '../../layers/base.js';
import { Linear } from '../../layers/linear.js';
import type { LoraConfig } from '../../lora.js';
import type { Activation } from './config.js';

const activations: Readonly<Record<Activation, (x: tf.Tensor) => tf.Tensor>> = {
  gelu_new: gelu,
  gelu: geluExact,
  relu,
  silu,
};

export interface MLPArgs extends LayerArgs {
  readonly nEmbd: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly lora?: LoraConfig | undefined;
  /** Default: gelu_new, the tanh form of GELU. */
  readonly activation?: Activation | undefined;
  /** Inner width; default 4 nEmbd. */
  readonly ffnSize?: number | undefined;
  /** Names the layer's dropout mask. */
  readonly place: number;
}

/** [..., C] to the same shape. */
export class MLP extends GptLayer {
  static readonly className = 'GptMLP';
  private readonly args: MLPArgs;
  private readonly inner: number;
  private readonly up: Linear;
  private readonly down: Linear;

  constructor(args: MLPArgs) {
    super(args);
    const { nEmbd, bias, lora } = args;
    this.args = args;
    this.inner = args.ffnSize ?? 4 * nEmbd;
    this.up = this.part('c_fc', (part) => new Linear({ ...part, units: this.inner, bias, lora }));
    this.down = this.part('c_proj', (part) => new Linear({ ...part, units: nEmbd, bias, lora }));
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = single(inputShape).at(-1);
    if (width !== this.args.nEmbd) throw new Error(`${this.name}: input is ${width} wide, nEmbd is ${this.args.nEmbd}`);
    this.buildPart(this.up, [null, this.args.nEmbd]);
    this.buildPart(this.down, [null, this.inner]);
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const { dropout: rate, place, activation = 'gelu_new' } = this.args;
    const inner = activations[activation](this.up.run(fold(input))); // [N, inner width]
    return unfold(dropout(this.down.run(inner), rate, dropoutKey(this, rate, options), place), input);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...given(this.args) };
  }
}

tf.serialization.registerClass(MLP);
