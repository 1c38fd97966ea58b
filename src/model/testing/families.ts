// For tests: a small model of every family and of what its settings change, to run every promise of a family on.
import type { GptConfig } from '../registry.js';

const sizes = { vocabSize: 13, blockSize: 8, nLayer: 2, nHead: 4, nEmbd: 16, dropout: 0 };
const gpt2 = { ...sizes, bias: true, position: 'learned', layerNormEpsilon: 1e-5 } as const;
const llama = {
  ...sizes,
  arch: 'llama',
  nKvHead: 4,
  headDim: 4,
  ffnSize: 24,
  ropeTheta: 100,
  normEpsilon: 1e-5,
} as const;

export const familyCases: Readonly<Record<string, GptConfig>> = {
  gpt2: gpt2,
  'gpt2, exact GELU, narrow, scaled by block': { ...gpt2, activation: 'gelu', ffnSize: 20, scaleByBlock: true },
  'gpt2, ReLU, untied, rotary': { ...gpt2, activation: 'relu', tie: false, position: 'rope' },
  'gpt2, SiLU, no biases': { ...gpt2, activation: 'silu', bias: false },
  llama: llama,
  'llama, grouped queries, untied': { ...llama, nKvHead: 2, tie: false },
  'llama, one head of keys, wider heads, long contexts': {
    ...llama,
    nKvHead: 1,
    headDim: 6,
    ropeScaling: { kind: 'llama3', factor: 4, lowFrequency: 1, highFrequency: 4, original: 4 } as const,
  },
  'llama, sliding window': { ...llama, nKvHead: 2, slidingWindow: 3 },
  'qwen3, sliding window in one block': { ...llama, arch: 'qwen3', nKvHead: 2, slidingWindow: 2, windowedBlocks: [1] },
  qwen3: { ...llama, arch: 'qwen3', nKvHead: 2, headDim: 6 },
  'qwen3, YaRN': {
    ...llama,
    arch: 'qwen3',
    ropeScaling: {
      ...{ kind: 'yarn', factor: 2, original: 4, betaFast: 4, betaSlow: 0.5, truncate: true, attentionFactor: 1.1 },
    } as const,
  },
};
