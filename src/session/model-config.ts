// From settings to the shape of a model.
import type { TrainingConfig } from '../config/index.js';
import type { GptConfig } from '../model/config.js';

type Shape = Pick<TrainingConfig, 'blockSize' | 'nLayer' | 'nHead' | 'nEmbd' | 'dropout' | 'bias' | 'position'>;

/**
 * The model that the settings ask for.
 * @param vocabSize rows of the token table: the tokenizer's `modelVocabSize`
 */
export function modelConfig(settings: Shape, vocabSize: number): GptConfig {
  const { blockSize, nLayer, nHead, nEmbd, dropout, bias, position } = settings;
  return { vocabSize, blockSize, nLayer, nHead, nEmbd, dropout, bias, position, layerNormEpsilon: 1e-5 };
}
