// Sampling: pure functions over logits, and the loop that writes a text with them.
export { Batch } from './batch.js';
export type { BatchModel, Rotary } from './batch-model.js';
export { type BeamOptions, beamSearch, type Hypothesis } from './beams.js';
export { beginningOf } from './beginning.js';
export { type CacheShape, KeyValueCache } from './cache.js';
export { CachePool } from './cache-pool.js';
export type { Decoder } from './decoder.js';
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
export { logprobOf, type TokenLogprob } from './logprobs.js';
export {
  compose,
  type Drawable,
  draw,
  filtersOf,
  greedy,
  type Pick,
  pickOf,
  type SamplingOptions,
  sampleRandom,
  type Uniform,
} from './pick.js';
export { PromptMemory } from './prompt-memory.js';
