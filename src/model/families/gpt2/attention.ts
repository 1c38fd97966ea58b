// Multi-head causal self-attention: one projection to q, k and v, attention, one projection back.
import {
  attentionWeights,
  cachedAttention,
  causalAttention,
  dropout,
  type RopeTables,
  rope,
  ropeTablesAt,
} from '../../../ops/index.js';
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
  timeOf,
  unfold,
} from '../../layers/base.js';
import { Linear } from '../../layers/linear.js';
import type { LoraConfig } from '../../lora.js';

export interface CausalSelfAttentionArgs extends LayerArgs {
  readonly nHead: number;
  readonly nEmbd: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly lora?: LoraConfig | undefined;
  /** Names the layer's dropout masks: this and the next integer. */
  readonly place: number;
  /** The longest time, where q and k are to be turned by position; else undefined. */
  readonly ropePositions?: number | undefined;
  /** What the scores are multiplied with besides 1 / sqrt(D); default 1. */
  readonly attentionScale?: number | undefined;
}

/** [B, T, C] to the same shape, or [B*T, C] with the option `time`. */
export class CausalSelfAttention extends GptLayer {
  static readonly className = 'GptCausalSelfAttention';
  private readonly args: CausalSelfAttentionArgs;
  private readonly toQkv: Linear;
  private readonly fromHeads: Linear;

  constructor(args: CausalSelfAttentionArgs) {
    super(args);
    const { nHead, nEmbd, bias, lora } = args;
    if (nEmbd % nHead !== 0) {
      throw new Error(`${this.name}: nEmbd (${nEmbd}) is not divisible by nHead (${nHead})`);
    }
    this.args = args;
    this.toQkv = this.part('c_attn', (part) => new Linear({ ...part, units: 3 * nEmbd, bias, lora }));
    this.fromHeads = this.part('c_proj', (part) => new Linear({ ...part, units: nEmbd, bias, lora }));
  }

  override build(inputShape: Shape | Shape[]): void {
    const width = single(inputShape).at(-1);
    if (width !== this.args.nEmbd) throw new Error(`${this.name}: input is ${width} wide, nEmbd is ${this.args.nEmbd}`);
    this.buildPart(this.toQkv, [null, this.args.nEmbd]);
    this.buildPart(this.fromHeads, [null, this.args.nEmbd]);
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const { nHead, dropout: rate, place, ropePositions, attentionScale } = this.args;
    const time = timeOf(this, input, options);
    const x = fold(input); // [B*T, C]
    const scale = attentionScale === undefined ? {} : { scale: attentionScale };
    const shape = { batch: x.shape[0]! / time, time, heads: nHead, ...scale };
    const key = dropoutKey(this, rate, options);
    const projected = this.toQkv.run(x); // [B*T, 3C]
    const qkv = ropePositions ? rope(projected, this.tables(ropePositions, time, options), 2 * nHead) : projected;
    options.present?.push(tf.slice(qkv, [0, this.args.nEmbd], [qkv.shape[0]!, 2 * this.args.nEmbd]));
    if (options.past) return unfold(this.fromHeads.run(cachedAttention(qkv, options.past, attentionScale)), input);
    options.weights?.push(attentionWeights(qkv, shape));
    const masks = rate > 0 && key ? { rate, key, place } : undefined;
    const y = this.fromHeads.run(causalAttention(qkv, shape, masks));
    return unfold(dropout(y, rate, key, place + 1), input);
  }

  private tables(ropePositions: number, time: number, { positions }: CallOptions): RopeTables {
    const at = { time, room: ropePositions, width: this.args.nEmbd / this.args.nHead };
    return ropeTablesAt(at, positions);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...given(this.args) };
  }
}

tf.serialization.registerClass(CausalSelfAttention);
