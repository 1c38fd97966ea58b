// What `explain` finds. Types alone, which reach no model and no tfjs: the library names them.
import type { HeadScores } from './heads.js';
import type { Surprise } from './surprise.js';

export interface Likely {
  readonly text: string;
  readonly probability: number;
}

export interface ExplainedToken extends Omit<Surprise, 'top'> {
  readonly text: string;
  readonly id: number;
  readonly top: readonly Likely[];
  /** The most likely token by what enters the first block and by what leaves each one. */
  readonly lens?: readonly Likely[];
}

/** What the first window looks at. */
export interface Attention {
  /** [layer][head][query][key] */
  readonly attention: readonly (readonly (readonly (readonly number[])[])[])[];
  /** The texts of the positions, that of the beginning-of-text token first. */
  readonly positions: readonly string[];
}

export interface ScoredHeads {
  readonly heads: readonly NamedHead[];
  /** What they were scored on: random tokens, and the same again. */
  readonly headTokens: readonly number[];
}

export interface NamedHead extends HeadScores {
  readonly name?: string;
}

/** Shares of a score, in differences of logits: positive for what spoke for the target. */
export interface Shares {
  readonly text: string;
  /** The gradient by the token's embedding, times the embedding. */
  readonly gradientInput: number;
  /** Integrated gradients from the text with every token replaced; their sum is `score - replacedScore`. */
  readonly integrated: number;
}

export interface WordShares extends Shares {
  /** Its tokens are [from, to) of the text's. */
  readonly from: number;
  readonly to: number;
  /** By how much the score falls when the word's tokens are replaced. */
  readonly occlusion: number;
}

export interface Attribution {
  readonly target: string;
  readonly other: string;
  /** logit(target) - logit(other) */
  readonly score: number;
  /** What stands for a token that is taken away. */
  readonly replacement: string;
  /** The score with every token replaced. */
  readonly replacedScore: number;
  readonly tokens: readonly Shares[];
  readonly words: readonly WordShares[];
}

export interface Patching {
  readonly target: string;
  readonly other: string;
  /** logit(target) - logit(other) after the text. */
  readonly score: number;
  /** The same after the text that it is compared with. */
  readonly againstScore: number;
  /** The tokens that are read, of both texts. */
  readonly tokens: readonly string[];
  readonly againstTokens: readonly string[];
  /**
   * [layer][position]: by how much `againstScore` changes when the residual stream there is that of the text. Layer 0 is what
   * enters the first block, layer i what leaves block i. All of the difference is `score - againstScore`.
   */
  readonly change: readonly (readonly number[])[];
}
