// The position table of a sinusoidal model: no parameter of ours, but GPT-2's format wants it as `wpe.weight`.
import type { GptConfig } from '../model/config.js';

/** [blockSize, nEmbd], as the model computes with it. Loaded only when needed: it brings tfjs along. */
export async function fixedPositions({ blockSize, nEmbd }: GptConfig): Promise<Float32Array> {
  const { sinusoidalTable } = await import('../model/layers/positionEmbedding.js');
  return sinusoidalTable(blockSize, nEmbd);
}
