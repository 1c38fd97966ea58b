// Grouped-query attention with rotary positions (Llama), its queries and keys normalized head by head in Qwen3.
import {
  attentionWeights,
  cachedAttention,
  causalAttention,
  dropout,
  type RopeTables,
  repeatHeads,
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
  timeOf,
  unfold,
} from '../../layers/base.js';
import { Linear } from '../../layers/linear.js';
import { RMSNorm } from '../../layers/rms-norm.js';
import type { LoraConfig } from '../../lora.js';
import { amplitudeOf, followsLength, frequenciesOf } from './frequencies.js';
import type { RopeScaling } from './rope-scaling.js';

export interface GroupedQueryAttentionArgs extends LayerArgs {
  readonly nEmbd: number;
  readonly nHead: number;
  readonly nKvHead: number;
  readonly headDim: number;
  /** The longest time. */
  readonly blockSize: number;
  readonly ropeTheta: number;
  readonly ropeScaling?: RopeScaling | undefined;
  /** How many positions a query attends to, its own included; absent: all up to its own. */
  readonly window?: number | undefined;
  /** Epsilon of the norms of queries and keys; absent: they are not normalized. */
  readonly qkNormEpsilon?: number | undefined;
  readonly dropout: number;
  readonly lora?: LoraConfig | undefined;
  /** Names the layer's dropout masks: this and the next integer. */
  readonly place: number;
}

/** [B, T, C] to the same shape, or [B*T, C] with the option `time`. */
export class GroupedQueryAttention extends GptLayer {
  static readonly className = 'GptGroupedQueryAttention';
  private readonly args: GroupedQueryAttentionArgs;
  private readonly toQuery: Linear;
  private readonly toKey: Linear;
  private readonly toValue: Linear;
  private readonly fromHeads: Linear;
  private readonly norms: { readonly query: RMSNorm; readonly key: RMSNorm } | undefined;

  constructor(args: GroupedQueryAttentionArgs) {
    super(args);
    const { nEmbd, nHead, nKvHead, headDim, lora, qkNormEpsilon: epsilon } = args;
    this.args = args;
    const linear = (name: string, units: number) =>
      this.part(name, (part) => new Linear({ ...part, units, bias: false, outputAxis: 0, lora }));
    this.toQuery = linear('q_proj', nHead * headDim);
    this.toKey = linear('k_proj', nKvHead * headDim);
    this.toValue = linear('v_proj', nKvHead * headDim);
    this.fromHeads = linear('o_proj', nEmbd);
    this.norms =
      epsilon === undefined
        ? undefined
        : {
            query: this.part('q_norm', (part) => new RMSNorm({ ...part, epsilon })),
            key: this.part('k_norm', (part) => new RMSNorm({ ...part, epsilon })),
          };
  }

  override build(inputShape: Shape | Shape[]): void {
    const { nEmbd, nHead, headDim } = this.args;
    for (const part of [this.toQuery, this.toKey, this.toValue]) this.buildPart(part, [null, nEmbd]);
    this.buildPart(this.fromHeads, [null, nHead * headDim]);
    if (this.norms) for (const part of [this.norms.query, this.norms.key]) this.buildPart(part, [null, headDim]);
    super.build(inputShape);
  }

  protected override compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    const { nHead, nKvHead, headDim, window, dropout: rate, place } = this.args;
    const time = timeOf(this, input, options);
    const x = fold(input); // [B*T, C]
    const rows = x.shape[0]!;
    const q = this.normalized(this.toQuery.run(x), this.norms?.query);
    const k = this.normalized(this.toKey.run(x), this.norms?.key);
    const joint = tf.concat([q, k, this.toValue.run(x)], 1); // [B*T, (H + 2K) D]
    const qkv = rope(joint, this.tables(time, options), nHead + nKvHead);
    const [queries, kept] = [nHead * headDim, nKvHead * headDim];
    options.present?.push(tf.slice(qkv, [0, queries], [rows, 2 * kept]));
    if (options.past) return unfold(this.fromHeads.run(cachedAttention(qkv, options.past)), input);
    const key = dropoutKey(this, rate, options);
    const masks = rate > 0 && key ? { rate, key, place } : undefined;
    const shape = { batch: rows / time, time, heads: nHead, window };
    const expanded = this.expanded(qkv, queries, kept);
    options.weights?.push(attentionWeights(expanded, shape));
    const y = this.fromHeads.run(causalAttention(expanded, shape, masks));
    return unfold(dropout(y, rate, key, place + 1), input);
  }

  /** Each head to a mean square of 1. */
  private normalized(x: tf.Tensor, norm: RMSNorm | undefined): tf.Tensor {
    if (!norm) return x;
    return tf.reshape(norm.run(tf.reshape(x, [-1, this.args.headDim])), x.shape);
  }

  /** [B*T, (H + 2K) D] to [B*T, 3 H D]. */
  private expanded(qkv: tf.Tensor, queries: number, kept: number): tf.Tensor {
    const { nHead, nKvHead } = this.args;
    if (nHead === nKvHead) return qkv;
    const [q, k, v] = tf.split(qkv, [queries, kept, kept], 1);
    const times = nHead / nKvHead;
    return tf.concat([q!, repeatHeads(k!, nKvHead, times), repeatHeads(v!, nKvHead, times)], 1);
  }

  private tables(time: number, { positions }: CallOptions): RopeTables {
    const { blockSize: room, headDim: width } = this.args;
    // A token that is read alone turns as the end of a text of its length, as in transformers.
    const byPosition = positions && followsLength(this.args);
    const frequencies = byPosition
      ? (position: number) => frequenciesOf(this.args, position + 1)
      : frequenciesOf(this.args, time);
    return ropeTablesAt({ time, room, width, amplitude: amplitudeOf(this.args) }, positions, frequencies);
  }

  override getConfig(): Config {
    return { ...super.getConfig(), ...given(this.args) };
  }
}

tf.serialization.registerClass(GroupedQueryAttention);
