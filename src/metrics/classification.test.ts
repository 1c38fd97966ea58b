import { accuracy, confusionMatrix, macroF1, perClass } from './classification.js';

// Worked by hand: of 4 cats 3 are found, of 2 dogs 1; one cat was called a dog, one dog a bird.
const truth = [0, 0, 0, 0, 1, 1];
const predicted = [0, 0, 0, 1, 1, 2];

describe('metrics of classification', () => {
  test('the matrix has true labels as rows and predictions as columns', () => {
    expect(confusionMatrix(truth, predicted, 3)).toEqual([
      [3, 1, 0],
      [0, 1, 1],
      [0, 0, 0],
    ]);
  });

  test('precision, recall and F1 are those of the example worked by hand', () => {
    const [cat, dog, bird] = perClass(confusionMatrix(truth, predicted, 3));
    expect(cat).toEqual({ precision: 1, recall: 3 / 4, f1: 6 / 7, support: 4 });
    expect(dog).toEqual({ precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 });
    expect(bird).toEqual({ precision: 0, recall: 0, f1: 0, support: 0 });
  });

  test('macro F1 is the mean over labels that occur, as in scikit-learn', () => {
    expect(macroF1(confusionMatrix(truth, predicted, 3))).toBeCloseTo((6 / 7 + 1 / 2 + 0) / 3, 12);
    expect(macroF1(confusionMatrix([0, 1], [0, 1], 3))).toBe(1); // the third label occurs nowhere
  });

  test('accuracy is the share of right ones; unknown labels do not count', () => {
    expect(accuracy(confusionMatrix([...truth, -1], [...predicted, 0], 3))).toBeCloseTo(4 / 6, 12);
    expect(accuracy(confusionMatrix([], [], 2))).toBeNaN();
  });

  test('always saying the frequent label has a high accuracy and a low macro F1', () => {
    const matrix = confusionMatrix([0, 0, 0, 0, 0, 0, 0, 0, 0, 1], new Array(10).fill(0), 2);
    expect(accuracy(matrix)).toBe(0.9);
    expect(macroF1(matrix)).toBeCloseTo(18 / 19 / 2, 12);
  });

  test('lists of different length and labels that do not exist are errors', () => {
    expect(() => confusionMatrix([0], [], 2)).toThrow('differ in number');
    expect(() => confusionMatrix([0], [2], 2)).toThrow('not among 2 labels');
  });
});
