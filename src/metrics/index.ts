// How good predictions are.

export { exactMatch, normalizeAnswer, wordF1 } from './answers.js';
export { bleu, bleuSignature } from './bleu.js';
export { chrf, chrfSignature } from './chrf.js';
export { accuracy, type ClassMetrics, type Confusion, confusionMatrix, macroF1, perClass } from './classification.js';
export { type Mean, meanOf } from './mean.js';
