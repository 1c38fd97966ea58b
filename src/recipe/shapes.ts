// The shapes of models and batches among which a recipe is chosen, and what a step of each costs in arithmetic and memory. The
// counts are those of a GPT-2 with Muon; other families and optimizers differ by less than their speeds do, which are measured.

export interface Shape {
  readonly nLayer: number;
  readonly nHead: number;
  readonly nEmbd: number;
  readonly vocabSize: number;
  readonly blockSize: number;
  readonly batchSize: number;
}

/** From the smallest to the largest. Heads are 32 wide in small models, 64 in large ones. */
export const bodies: readonly Pick<Shape, 'nLayer' | 'nHead' | 'nEmbd' | 'blockSize'>[] = [
  { nLayer: 1, nHead: 2, nEmbd: 64, blockSize: 64 },
  { nLayer: 2, nHead: 2, nEmbd: 64, blockSize: 64 },
  { nLayer: 2, nHead: 3, nEmbd: 96, blockSize: 64 },
  { nLayer: 2, nHead: 4, nEmbd: 128, blockSize: 128 },
  { nLayer: 3, nHead: 4, nEmbd: 128, blockSize: 128 },
  { nLayer: 4, nHead: 4, nEmbd: 128, blockSize: 128 },
  { nLayer: 3, nHead: 3, nEmbd: 192, blockSize: 128 },
  { nLayer: 4, nHead: 3, nEmbd: 192, blockSize: 128 },
  { nLayer: 4, nHead: 4, nEmbd: 256, blockSize: 128 },
  { nLayer: 6, nHead: 4, nEmbd: 256, blockSize: 256 },
  { nLayer: 6, nHead: 6, nEmbd: 384, blockSize: 256 },
  { nLayer: 8, nHead: 8, nEmbd: 512, blockSize: 256 },
  { nLayer: 12, nHead: 10, nEmbd: 640, blockSize: 512 },
  { nLayer: 12, nHead: 12, nEmbd: 768, blockSize: 512 },
];

export const vocabSizes: readonly number[] = [512, 1024, 2048, 4096, 8192, 16384];

/** Rows of a batch. */
export const batchSizes: readonly number[] = [4, 8, 16, 32, 64, 128];

/** Of the blocks: attention and an MLP of four times the width. */
export const blockParameters = ({ nLayer, nEmbd }: Pick<Shape, 'nLayer' | 'nEmbd'>) => 12 * nLayer * nEmbd * nEmbd;

export const parametersOf = (shape: Shape) =>
  blockParameters(shape) + (shape.vocabSize + shape.blockSize) * shape.nEmbd;

/**
 * What of the parameters makes a model learn more: the blocks', and a quarter of the embedding, since a larger vocabulary alone
 * gained little (docs/recipe.md).
 */
export const learningParametersOf = (shape: Shape) => blockParameters(shape) + 0.25 * shape.vocabSize * shape.nEmbd;

export const tokensPerStep = ({ batchSize, blockSize }: Pick<Shape, 'batchSize' | 'blockSize'>) =>
  batchSize * blockSize;

/**
 * Multiplications and additions of a step: products with weights, forward and backward; those of attention; Muon's, which do not
 * depend on the batch (4.2 nEmbd / tokens of the blocks' arithmetic). What is not a product takes about as long as so many of
 * them in narrow models.
 */
export function flopsPerStep(shape: Shape): number {
  const { nLayer, nEmbd, vocabSize, blockSize } = shape;
  const tokens = tokensPerStep(shape);
  const blocks = 6 * blockParameters(shape);
  const perToken = blocks + 6 * nEmbd * vocabSize + 12 * nLayer * blockSize * nEmbd;
  return (tokens * perToken + 4.2 * nEmbd * blocks) * (1 + 24 / nEmbd);
}

/** Bytes, about: weights with gradients and momentum, activations of the blocks, and logits with their gradient. */
export function memoryOf(shape: Shape): number {
  const { nLayer, nEmbd, vocabSize, blockSize, nHead } = shape;
  const tokens = tokensPerStep(shape);
  const activations = nLayer * (34 * nEmbd + 3 * nHead * blockSize) + 4 * vocabSize;
  return 4 * (6 * parametersOf(shape) + tokens * activations) + 250e6;
}
