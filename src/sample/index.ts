// Sampling: pure functions over logits, and the loop that writes a text with them.
export { beginningOf } from './beginning.js';
export { type CachedModel, cachedDecoder, KeyValueCache, PromptMemory } from './cache.js';
export { type Decoder, windowDecoder } from './decoder.js';
export {
  type Filter,
  limit,
  minP,
  type Place,
  repetitionPenalty,
  softmax,
  temperature,
  topK,
  topP,
} from './filters/index.js';
export { type Generated, type GeneratedPiece, type GenerateOptions, generate } from './generate.js';
export { compose, draw, greedy, type Pick, pickOf, type SamplingOptions, sampleRandom, type Uniform } from './pick.js';
