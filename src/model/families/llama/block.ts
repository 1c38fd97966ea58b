// Llama's block: RMSNorms, grouped-query attention, gated MLP.
import * as tf from '../../../tf.js';
import { PreNormBlock, type PreNormBlockArgs } from '../../layers/pre-norm-block.js';
import { RMSNorm } from '../../layers/rms-norm.js';
import { GroupedQueryAttention, type GroupedQueryAttentionArgs } from './attention.js';
import { GatedMLP } from './mlp.js';

export interface LlamaBlockArgs extends PreNormBlockArgs, Omit<GroupedQueryAttentionArgs, keyof PreNormBlockArgs> {
  readonly ffnSize: number;
  readonly epsilon: number;
  /** Names the block's dropout masks: this and the next two integers. */
  readonly place: number;
}

export class LlamaBlock extends PreNormBlock<LlamaBlockArgs> {
  static readonly className = 'GptLlamaBlock';
  protected readonly norm1: RMSNorm;
  protected readonly attention: GroupedQueryAttention;
  protected readonly norm2: RMSNorm;
  protected readonly mlp: GatedMLP;

  constructor(args: LlamaBlockArgs) {
    super(args);
    const { ffnSize, epsilon, name: _, trainable: __, ...attention } = args;
    const { nEmbd, dropout, lora, place } = args;
    this.norm1 = this.part('input_layernorm', (part) => new RMSNorm({ ...part, epsilon }));
    this.attention = this.part('self_attn', (part) => new GroupedQueryAttention({ ...attention, ...part }));
    this.norm2 = this.part('post_attention_layernorm', (part) => new RMSNorm({ ...part, epsilon }));
    this.mlp = this.part('mlp', (part) => new GatedMLP({ ...part, nEmbd, ffnSize, dropout, lora, place: place + 2 }));
  }
}

tf.serialization.registerClass(LlamaBlock);
