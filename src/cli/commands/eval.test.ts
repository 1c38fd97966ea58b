import { resultLines } from './eval.js';

const text = { event: 'result', loss: 1.5, perplexity: Math.exp(1.5), bitsPerByte: 2.164, tokens: 123456 } as const;

test('the result of a text is four lines', () => {
  expect(resultLines(text)).toEqual([
    'loss           1.5000 nats per token',
    'perplexity     4.4817',
    'bits per byte  2.1640',
    'tokens         123,456',
  ]);
});

test('labelled data gives accuracy, F1, the confusion matrix and each class instead of perplexity', () => {
  const labels = ['bad', 'good'];
  const confusion = [
    [8, 2],
    [1, 10],
  ];
  expect(resultLines({ ...text, accuracy: 18 / 21, macroF1: 0.8571, confusion, labels })).toEqual([
    'loss           1.5000 nats per text',
    'bits per byte  2.1640',
    'tokens         123,456',
    'accuracy       85.71 %',
    'macro F1       0.8571',
    '',
    'true \\ predicted  bad  good',
    'bad                 8     2',
    'good                1    10',
    '',
    '      precision  recall     F1  texts',
    'bad       0.889   0.800  0.842     10',
    'good      0.833   0.909  0.870     11',
  ]);
});

test('labels that the model does not know are rows of the matrix, and no columns', () => {
  const labels = ['bad', 'good', 'odd'];
  const confusion = [
    [8, 2, 0],
    [1, 10, 0],
    [3, 1, 0],
  ];
  const result = {
    ...text,
    examples: 25,
    accuracy: 18 / 25,
    macroF1: 0.5,
    confusion,
    labels,
    unknownLabels: { odd: 4 },
  };
  expect(resultLines(result)).toEqual([
    'loss            1.5000 nats per text',
    'bits per byte   2.1640',
    'tokens          123,456',
    'examples        25',
    'unknown labels  4 of the examples',
    'accuracy        72.00 %',
    'macro F1        0.5000',
    '',
    'true \\ predicted  bad  good',
    'bad                 8     2',
    'good                1    10',
    'odd (unknown)       3     1',
    '',
    '               precision  recall     F1  texts',
    'bad                0.667   0.800  0.727     10',
    'good               0.769   0.909  0.833     11',
    'odd (unknown)      0.000   0.000  0.000      4',
  ]);
});

test('characters that the training text did not contain are counted', () => {
  expect(resultLines({ ...text, unseenCharacters: 1234 })).toContain('unseen characters  1,234');
});
