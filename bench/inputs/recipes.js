// With which settings `bench/finetune.js` shows what pretraining is worth. How they were found is in docs/log.md.

/** Two layers, and words that are mostly one token: more layers were slower and no better on this little text. */
export const shape = { 'n-layer': 2, 'n-head': 4, 'n-embd': 128, 'block-size': 64, 'vocab-size': 4096 };

const finetune = {
  500: { epochs: 15, 'batch-size': 16, dropout: 0.1 },
  2000: { epochs: 8, 'batch-size': 16, dropout: 0.1 },
};

export const recipes = {
  sst2: {
    // Under one pass over the text: what is learned later hurts (docs/log.md).
    pretrain: { 'max-iters': 600, 'batch-size': 16, 'learning-rate': 2e-3, dropout: 0.1, 'val-split': 0.05 },
    pretrained: { 'learning-rate': 1e-3 },
    scratch: { 'learning-rate': 1e-3 },
    finetune: { ...finetune, all: { epochs: 2, 'batch-size': 32, dropout: 0.1 } },
  },
  ag_news: {
    pretrain: { 'max-iters': 3000, 'batch-size': 16, 'learning-rate': 2e-3, dropout: 0.1, 'val-split': 0.05 },
    pretrained: { 'learning-rate': 1e-3 },
    scratch: { 'learning-rate': 1e-3 },
    finetune: { ...finetune, all: { epochs: 4, 'batch-size': 16, dropout: 0.1 } },
  },
};

/** `bench/translation.js`: from scratch. Each caption's tokens are few, so the block holds prompt and completion. */
export const translation = {
  'n-layer': 3,
  'n-head': 4,
  'n-embd': 192,
  'block-size': 96,
  'vocab-size': 4096,
  'batch-size': 32,
  'learning-rate': 1e-3,
  dropout: 0.1,
  'warmup-iters': 200,
};
