// GPT-2's block: layer norms, causal attention, MLP.
import * as tf from '../../../tf.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { PreNormBlock, type PreNormBlockArgs } from '../../layers/pre-norm-block.js';
import type { LoraConfig } from '../../lora.js';
import { CausalSelfAttention } from './attention.js';
import type { Activation } from './config.js';
import { MLP } from './mlp.js';

export interface BlockArgs extends PreNormBlockArgs {
  readonly nHead: number;
  readonly nEmbd: number;
  readonly bias: boolean;
  readonly dropout: number;
  readonly epsilon: number;
  /** Names the block's dropout masks: this and the next two integers. */
  readonly place: number;
  readonly ropePositions?: number | undefined;
  readonly activation?: Activation | undefined;
  /** Inner width of the MLP; default 4 nEmbd. */
  readonly ffnSize?: number | undefined;
  /** What the attention scores are multiplied with besides 1 / sqrt(D); default 1. */
  readonly attentionScale?: number | undefined;
  readonly lora?: LoraConfig | undefined;
}

export class Block extends PreNormBlock<BlockArgs> {
  static readonly className = 'GptBlock';
  protected readonly norm1: LayerNorm;
  protected readonly attention: CausalSelfAttention;
  protected readonly norm2: LayerNorm;
  protected readonly mlp: MLP;

  constructor(args: BlockArgs) {
    super(args);
    const { nHead, nEmbd, bias, dropout, epsilon, place, ropePositions, activation, ffnSize, attentionScale, lora } =
      args;
    const shared = { nEmbd, bias, dropout, lora };
    this.norm1 = this.part('ln_1', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.attention = this.part(
      'attn',
      (part) => new CausalSelfAttention({ ...part, ...shared, nHead, place, ropePositions, attentionScale }),
    );
    this.norm2 = this.part('ln_2', (part) => new LayerNorm({ ...part, bias, epsilon }));
    this.mlp = this.part('mlp', (part) => new MLP({ ...part, ...shared, activation, ffnSize, place: place + 2 }));
  }
}

tf.serialization.registerClass(Block);
