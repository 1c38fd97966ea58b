// How good predictions are.
export { accuracy, type ClassMetrics, type Confusion, confusionMatrix, macroF1, perClass } from './classification.js';
