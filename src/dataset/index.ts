// Text and labelled data on their way to batches.
export {
  type Batch,
  type BatchShape,
  evaluationBatches,
  ignored,
  randomBatch,
  requireBlock,
  stepsPerEpoch,
  windows,
} from './batches.js';
export { readBytes } from './bytes.js';
export { type BuildCorpusOptions, buildCorpus, type Corpus, type CorpusProgress, openCorpus } from './corpus.js';
export { decodeText } from './decode.js';
export { splitLines } from './documents.js';
export { endingOf, stemOf } from './ending.js';
export * from './labelled/index.js';
export { areSources, type CorpusMeta, changedSources, fingerprint } from './meta.js';
export { tokenBytes, unknownBytes } from './piece-encoder.js';
export { isSafeCut, PieceCutter } from './pieces.js';
export { quoteList } from './quote-list.js';
export { findSources, type Source, sourceWarnings } from './sources.js';
export { spanOf, type TokenSpan } from './span.js';
export { type SpoolOptions, spoolInputs } from './spool.js';
export { type ReadTextsOptions, readTexts } from './texts.js';
