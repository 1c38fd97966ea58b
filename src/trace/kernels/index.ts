// Every tfjs kernel that can be traced, by name, and those of which we know why not.
import { binaryRules } from './binary.js';
import { convolutionRules } from './convolution.js';
import { depthwiseRules } from './depthwise.js';
import { elementwiseRules } from './elementwise.js';
import { indexingRules } from './indexing.js';
import { poolingRules } from './pooling.js';
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
  ...convolutionRules,
  ...depthwiseRules,
  ...poolingRules,
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

/** What to write in place of a kernel that has no rule. */
export const insteadOf: Readonly<Record<string, string>> = {
  Conv3D: 'use tf.conv2d on slices of the depth, added up',
  MaxPool3D: 'use tf.maxPool along two axes, then tf.max along the third',
  AvgPool3D: 'use tf.avgPool along two axes, then tf.mean along the third',
  LRN: 'use tf.moments and tf.batchNorm, or a layer norm',
  ResizeBilinear: 'multiply by a constant interpolation matrix (tf.matMul)',
  ResizeNearestNeighbor: 'use tf.gather with constant rows and columns',
  FFT: 'multiply by the cosine and sine matrices of the Fourier transform (tf.matMul)',
  IFFT: 'multiply by the cosine and sine matrices of the Fourier transform (tf.matMul)',
  Complex: 'keep real and imaginary part as two tensors',
  Dilation2D: 'use tf.maxPool',
};
