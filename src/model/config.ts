// What every model has, whatever its family: sizes, and a list of parameters that says what each is for. Knows no tensors.
//
// Letters in shapes, here and everywhere: B batch, T time (positions), C channels (nEmbd), H heads, D head width,
// V vocabulary.

/** The settings that all families share. */
export interface ModelConfig {
  /** The family, as in `--arch`. Absent: gpt2. */
  readonly arch?: string;
  readonly vocabSize: number;
  readonly blockSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  /** Probability that a value is dropped in training. */
  readonly dropout: number;
  /** False: the projection to the vocabulary has a matrix of its own. Absent: it is the token embedding. */
  readonly tie?: boolean;
}

export type Initialization =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' };

/**
 * What a parameter is for. `matrix`: a linear map inside a block. `vector`: a bias or a gain. `embedding`: what is looked up
 * before the first block. `output`: the projection to the vocabulary, where it is not the token embedding. `head`: a
 * classifier's. `adapter`: a low-rank matrix of LoRA.
 */
export type Role = 'matrix' | 'vector' | 'embedding' | 'output' | 'head' | 'adapter';

/** One parameter as training, engines and checkpoints see it. */
export interface ParameterSpec {
  /** The name in its family's checkpoints: `h.0.attn.c_attn.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies to it: matrices yes, vectors no. */
  readonly decay: boolean;
  readonly init: Initialization;
  readonly role: Role;
  /** The block that it belongs to, counted from 0. */
  readonly block?: number;
  /** Which axis of a matrix counts the outputs. Default 1: [in, out]. torch's Linear has [out, in]: 0. */
  readonly outputAxis?: 0 | 1;
  /** Along the output axis, the widths of the matrices that one array joins: queries, keys and values. */
  readonly joins?: readonly number[];
  /** Whether LoRA adapts it. */
  readonly adapted?: boolean;
  /** Whether it has one row for each token: it grows with the vocabulary. */
  readonly perToken?: boolean;
}

export function countParameters(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
