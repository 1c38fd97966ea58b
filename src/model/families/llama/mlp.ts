// SwiGLU (Shazeer 2020, arXiv:2002.05202): two maps to a wider space, one of them gating the other.
import { dropout, silu } from '../../../ops/index.js';
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
  unfold,
} from '../../layers/base.js';
import { Linear } from '../../layers/linear.js';
import type { LoraConfig } from '../../lora.js';

export interface GatedMLPArgs extends LayerArgs {
  readonly nEmbd: number;
  readonly ffnSize: number;
  readonly dropout: number;
  readonly lora?: LoraConfig | undefined;
  /** Names the layer's dropout mask. */
  readonly place: number;
}

/** [..., C] to the same shape. */
export class GatedMLP extends GptLayer {
  static readonly className = 'GptGatedMLP';
  private readonly args: GatedMLPArgs;
  private readonly gate: Linear;
  private readonly up: Linear;
  private readonly down: Linear;

  constructor(args: GatedMLPArgs) {
    super(args);
    const { nEmbd, ffnSize, lora } = args;
    this.args = args;
    const linear = (name: string, units: number) =>
      this.part(name, (part) => new Linear({ ...part, units, bias: false, outputAxis: 0, lora }));
    this.gate = linear('gate_proj', ffnSize);
    this.up = linear('up_proj', ffnSize);
    this.down = linear('down_proj', nEmbd);
  }

  override build(inputShape: Shape | Shape[]): void {
    const { nEmbd, ffnSize } = this.args;
    this.buildPart(this.gate, [null, nEmbd]);
    this.buildPart(this.up, [null, nEmbd]);
    this.buildPart(this.down, [null, ffnSize]);
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const { dropout: rate, place } = this.args;
    const x = fold(input);
    const inner = tf.mul(silu(this.gate.run(x)), this.up.run(x)); // [N, inner width]
    return unfold(dropout(this.down.run(inner), rate, dropoutKey(this, rate, options), place), input);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...given(this.args) };
  }
}

tf.serialization.registerClass(GatedMLP);
