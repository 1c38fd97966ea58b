// Logistic regression on the words of a text: multinomial, with an L2 penalty (Hastie, Tibshirani and Friedman 2009, 4.4). Words and
// penalty are those of scikit-learn's CountVectorizer and LogisticRegression with their defaults (C = 1). Knows no files.
import { minimize } from './minimize.js';

export interface LabelledText {
  readonly text: string;
  /** From 0. */
  readonly label: number;
}

/** Counts of a text's words; both arrays have the same length. */
interface Counts {
  readonly words: Int32Array;
  readonly counts: Float64Array;
}

const wordsOf = (text: string) => text.toLowerCase().match(/[\p{L}\p{N}_]{2,}/gu) ?? [];

function countsOf(text: string, idOf: (word: string) => number | undefined): Counts {
  const found = new Map<number, number>();
  for (const word of wordsOf(text)) {
    const id = idOf(word);
    if (id !== undefined) found.set(id, (found.get(id) ?? 0) + 1);
  }
  return { words: Int32Array.from(found.keys()), counts: Float64Array.from(found.values()) };
}

/** Softmax of the scores, in place. Returns the logarithm of the sum of their exponentials. */
function normalize(scores: Float64Array): number {
  const most = scores.reduce((a, b) => Math.max(a, b));
  let sum = 0;
  for (let k = 0; k < scores.length; k++) sum += scores[k] = Math.exp(scores[k]! - most);
  for (let k = 0; k < scores.length; k++) scores[k]! /= sum;
  return most + Math.log(sum);
}

export class BagOfWords {
  private constructor(
    private readonly vocabulary: ReadonlyMap<string, number>,
    /** [words + 1, labels]; the last row has the intercepts. */
    readonly weights: Float64Array,
    private readonly labelCount: number,
  ) {}

  /**
   * @param examples at least one
   * @param iterations of L-BFGS at most
   */
  static fit(examples: readonly LabelledText[], labelCount: number, { iterations = 100 } = {}): BagOfWords {
    const vocabulary = new Map<string, number>();
    const add = (word: string) => {
      if (!vocabulary.has(word)) vocabulary.set(word, vocabulary.size);
      return vocabulary.get(word)!;
    };
    const rows = examples.map(({ text, label }) => ({ ...countsOf(text, add), label }));
    const weights = new Float64Array((vocabulary.size + 1) * labelCount);
    const model = new BagOfWords(vocabulary, weights, labelCount);
    const objective = (at: Float64Array, gradient: Float64Array) => {
      const intercepts = vocabulary.size * labelCount;
      let loss = 0;
      for (let i = 0; i < at.length; i++) {
        const penalized = i < intercepts ? at[i]! : 0;
        gradient[i] = penalized;
        loss += (penalized * penalized) / 2;
      }
      for (const row of rows) {
        const scores = model.scores(row, at);
        const ofLabel = scores[row.label]!;
        loss += normalize(scores) - ofLabel;
        scores[row.label]! -= 1; // the gradient with respect to the scores
        for (const [i, word] of row.words.entries())
          for (let k = 0; k < labelCount; k++) gradient[word * labelCount + k]! += row.counts[i]! * scores[k]!;
        for (let k = 0; k < labelCount; k++) gradient[intercepts + k]! += scores[k]!;
      }
      return loss;
    };
    minimize(objective, weights, { iterations, tolerance: 1e-4 });
    return model;
  }

  private scores({ words, counts }: Counts, weights: Float64Array): Float64Array {
    const { labelCount } = this;
    const from = this.vocabulary.size * labelCount;
    const scores = weights.slice(from, from + labelCount);
    for (let i = 0; i < words.length; i++)
      for (let k = 0; k < labelCount; k++) scores[k]! += counts[i]! * weights[words[i]! * labelCount + k]!;
    return scores;
  }

  /** The probability of each label. Words that were not in the training texts do not count. */
  probabilities(text: string): Float64Array {
    const scores = this.scores(
      countsOf(text, (word) => this.vocabulary.get(word)),
      this.weights,
    );
    normalize(scores);
    return scores;
  }

  /** The likeliest label. */
  predict(text: string): number {
    const probabilities = this.probabilities(text);
    return probabilities.indexOf(Math.max(...probabilities));
  }
}
