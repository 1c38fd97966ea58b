// Every tfjs kernel that can be traced, by name, and those of which we know why not.
import { binaryRules } from './binary.js';
import { elementwiseRules } from './elementwise.js';
import { indexingRules } from './indexing.js';
import { productRules } from './products.js';
import { reductionRules } from './reductions.js';
import type { Rules } from './rule.js';
import { shapingRules } from './shaping.js';

export type { Call, Rule } from './rule.js';

export const kernelRules: Rules = {
  ...elementwiseRules,
  ...binaryRules,
  ...reductionRules,
  ...productRules,
  ...shapingRules,
  ...indexingRules,
};

/** Their output's shape depends on values, which a graph of static shapes cannot hold. */
export const dataDependentKernels: ReadonlySet<string> = new Set(
  [
    'Unique Bincount NonMaxSuppressionV3 NonMaxSuppressionV4 NonMaxSuppressionV5',
    'SparseFillEmptyRows SparseReshape SparseSegmentMean SparseSegmentSum',
    'RaggedGather RaggedRange RaggedTensorToTensor StringNGrams StringSplit',
  ]
    .join(' ')
    .split(' '),
);

/** They draw random numbers in JavaScript. */
export const randomKernels: ReadonlySet<string> = new Set(['Multinomial']);
