import { BagOfWords } from './bag-of-words.js';

const probabilities = (model: BagOfWords, text: string) => Array.from(model.probabilities(text));

test('three labels: the probabilities of scikit-learn, with words of two characters and more in any case', () => {
  // CountVectorizer() and LogisticRegression(C=1, tol=1e-10, max_iter=10000) of scikit-learn 1.9.1.
  const rows: [string, number][] = [
    ['good good film', 0],
    ['a bad film', 1],
    ['not bad, rather good', 0],
    ['odd and odd again', 2],
    ['plain odd thing', 2],
    ['bad bad bad', 1],
    ['GOOD fun', 0],
  ];
  const model = BagOfWords.fit(
    rows.map(([text, label]) => ({ text, label })),
    3,
  );
  const expected: [string, number[]][] = [
    ['good film', [0.667911, 0.19338, 0.13871]],
    ['bad odd', [0.231915, 0.385774, 0.38231]],
    ['unseen words only', [0.441855, 0.264795, 0.293351]],
    ['Again bad, bad fun', [0.230545, 0.64947, 0.119985]],
  ];
  for (const [text, values] of expected) {
    probabilities(model, text).forEach((value, k) => {
      expect(value).toBeCloseTo(values[k]!, 4);
    });
    expect(model.predict(text)).toBe(values.indexOf(Math.max(...values)));
  }
});

test('at the minimum every weight balances the errors that it makes', () => {
  const rows = ['yes yes', 'no', 'yes', 'no no maybe', 'no'].map((text) => ({ text, label: text[0] === 'y' ? 1 : 0 }));
  const model = BagOfWords.fit(rows, 2);
  const errors = (weightOf: (text: string) => number) =>
    rows.reduce((sum, { text, label }) => sum + weightOf(text) * (model.probabilities(text)[1]! - label), 0);
  const count = (word: string) => (text: string) => text.split(' ').filter((each) => each === word).length;
  for (const [i, word] of ['yes', 'no', 'maybe'].entries())
    expect(errors(count(word)) + model.weights[2 * i + 1]!).toBeCloseTo(0, 3); // the penalty's gradient is the weight
  expect(errors(() => 1)).toBeCloseTo(0, 3); // intercepts have no penalty
});

test('texts without a word: the intercepts alone, which are the frequencies', () => {
  const model = BagOfWords.fit(
    [0, 0, 0, 1].map((label) => ({ text: '?', label })),
    2,
  );
  expect(probabilities(model, '!')[0]).toBeCloseTo(0.75, 4);
});
