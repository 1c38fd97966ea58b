// With which settings `bench/finetune.js` shows what pretraining is worth. How they were found is in docs/log.md.

/** Small enough that a bench with all its seeds ends within half an hour on two cores; common words are one token. */
const shape = { 'n-layer': 2, 'n-head': 4, 'n-embd': 128, 'vocab-size': 4096 };

/** The best for each start of those that were tried. */
const rates = { pretrained: { 'learning-rate': 1e-3 }, scratch: { 'learning-rate': 4e-4 } };

/** SST-2: rows are phrases of nine words, those of `all` more than pretraining reads. */
const phrases = {
  500: { epochs: 10, 'batch-size': 16, dropout: 0.1 },
  2000: { epochs: 5, 'batch-size': 16, dropout: 0.1 },
  all: { epochs: 2, 'batch-size': 32, dropout: 0.1 },
};

/** `set` is that of the rows and the unlabelled text; `reviews` adds those of `reviews.js` to the text. */
export const recipes = {
  sst2: {
    set: 'sst2',
    reviews: true,
    shape: { ...shape, 'block-size': 128 },
    // 1.2 passes over 18 million tokens; a third of it gained nothing (docs/log.md).
    pretrain: {
      optimizer: 'adamw',
      'max-iters': 22_000,
      'batch-size': 8,
      'learning-rate': 2e-3,
      dropout: 0,
      'val-split': 0.01,
    },
    pretrained: { 'learning-rate': 3e-4 },
    scratch: rates.scratch,
    finetune: phrases,
  },
  'sst2-phrases': {
    set: 'sst2',
    shape: { ...shape, 'block-size': 64 },
    // Under one pass over the text: what is learned later hurts (docs/log.md).
    pretrain: {
      optimizer: 'adamw',
      'max-iters': 600,
      'batch-size': 16,
      'learning-rate': 2e-3,
      dropout: 0.1,
      'val-split': 0.05,
    },
    ...rates,
    finetune: phrases,
  },
  ag_news: {
    set: 'ag_news',
    // Half of these texts are longer than 64 tokens.
    shape: { ...shape, 'block-size': 96 },
    pretrain: {
      optimizer: 'adamw',
      'max-iters': 3000,
      'batch-size': 12,
      'learning-rate': 2e-3,
      dropout: 0.1,
      'val-split': 0.05,
    },
    ...rates,
    finetune: {
      500: { epochs: 8, 'batch-size': 16, dropout: 0.1 },
      2000: { epochs: 4, 'batch-size': 16, dropout: 0.1 },
      all: { epochs: 3, 'batch-size': 16, dropout: 0.1 },
    },
  },
};

/** `bench/translation.js`: from scratch. Each caption's tokens are few, so the block holds prompt and completion. */
export const translation = {
  epochs: 9,
  'n-layer': 3,
  'n-head': 4,
  'n-embd': 128,
  'block-size': 96,
  'vocab-size': 4096,
  'batch-size': 32,
  'learning-rate': 2e-3,
  dropout: 0.1,
  'warmup-iters': 200,
};

/** `bench/optimizer.js`: the reference model. How they were found is in docs/log.md. */
export const optimizerRecipes = {
  adamw: { optimizer: 'adamw', 'learning-rate': 1e-3 },
  'adamw-3e-3': { optimizer: 'adamw', 'learning-rate': 3e-3 },
  muon: { optimizer: 'muon', 'learning-rate': 1e-3, 'matrix-lr-scale': 10 },
  'muon-default': { optimizer: 'muon' },
  'muon-wsd': {
    ...{ optimizer: 'muon', 'learning-rate': 2e-3, 'matrix-lr-scale': 3 },
    ...{ 'lr-schedule': 'wsd', 'decay-fraction': 0.6 },
  },
};

/** `bench/time-to-quality.js`: what a minute is best spent on, as `--max-time` chooses it too (docs/log.md, "The wide search"). */
export const timeToQuality = {
  ...{ arch: 'qwen3', 'n-layer': 2, 'block-size': 64 },
  ...{ 'learning-rate': 5e-3, 'lr-schedule': 'linear', 'min-lr': 0 },
};

/** `bench/pretrained.js`: by the number of labels. All else is the default of adapters on a large model. */
export const adapters = {
  500: { epochs: 4, 'batch-size': 16 },
  2000: { epochs: 1, 'batch-size': 16 },
};
