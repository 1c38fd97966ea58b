// What a GPT is made of: its shape, and the list of its parameters under GPT-2's names. Knows no tensors.
//
// Letters in shapes, here and everywhere: B batch, T time (positions), C channels (nEmbd), H heads, D = C / H head
// width, V vocabulary.

export type PositionKind = 'learned' | 'sinusoidal' | 'rope';

export interface GptConfig {
  readonly vocabSize: number;
  readonly blockSize: number;
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  /** Probability that a value is dropped in training: after the embeddings, on attention weights, on both residual branches. */
  readonly dropout: number;
  /** Biases in linear layers and layer norms (GPT-2 has them). */
  readonly bias: boolean;
  readonly position: PositionKind;
  readonly layerNormEpsilon: number;
}

export type Initialization =
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'zeros' }
  | { readonly kind: 'ones' };

/** One parameter as training, engines and checkpoints see it. */
export interface ParameterSpec {
  /** GPT-2's name: `h.0.attn.c_attn.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Whether weight decay applies to it: matrices yes, vectors no. */
  readonly decay: boolean;
  readonly init: Initialization;
}

/** Every trainable parameter, in the order in which it is used. Matrices are [in, out], as GPT-2's Conv1D. */
export function parameterSpecs(config: GptConfig): ParameterSpec[] {
  const { vocabSize, blockSize, nLayer, nEmbd, bias, position } = config;
  const normal = (deviation: number): Initialization => ({ kind: 'normal', deviation });
  const residual = normal(0.02 / Math.sqrt(2 * nLayer));
  const specs: ParameterSpec[] = [];
  const matrix = (name: string, shape: number[], init: Initialization) =>
    specs.push({ name, shape, decay: true, init });
  const vector = (name: string, length: number, kind: 'zeros' | 'ones') =>
    specs.push({ name, shape: [length], decay: false, init: { kind } });
  const linear = (name: string, inputs: number, outputs: number, init: Initialization) => {
    matrix(`${name}.weight`, [inputs, outputs], init);
    if (bias) vector(`${name}.bias`, outputs, 'zeros');
  };
  const norm = (name: string) => {
    vector(`${name}.weight`, nEmbd, 'ones');
    if (bias) vector(`${name}.bias`, nEmbd, 'zeros');
  };

  matrix('wte.weight', [vocabSize, nEmbd], normal(0.02));
  if (position === 'learned') matrix('wpe.weight', [blockSize, nEmbd], normal(0.02));
  for (let layer = 0; layer < nLayer; layer++) {
    norm(`h.${layer}.ln_1`);
    linear(`h.${layer}.attn.c_attn`, nEmbd, 3 * nEmbd, normal(0.02));
    linear(`h.${layer}.attn.c_proj`, nEmbd, nEmbd, residual);
    norm(`h.${layer}.ln_2`);
    linear(`h.${layer}.mlp.c_fc`, nEmbd, 4 * nEmbd, normal(0.02));
    linear(`h.${layer}.mlp.c_proj`, 4 * nEmbd, nEmbd, residual);
  }
  norm('ln_f');
  return specs;
}

export function countParameters(specs: readonly ParameterSpec[]): number {
  return specs.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
}
