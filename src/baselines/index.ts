// What a classifier is to be compared with: baselines that cost a second. Knows texts and labels, no model.
export { type Baselines, type BaselineTexts, baselinesOf } from './baselines.js';
