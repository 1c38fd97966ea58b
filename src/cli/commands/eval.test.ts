import { resultLines } from './eval.js';

const text = { event: 'result', loss: 1.5, perplexity: Math.exp(1.5), bitsPerByte: 2.164, tokens: 123456 } as const;

test('the result of a text is four lines', () => {
  expect(resultLines(text)).toEqual([
    'loss           1.5000 nats a token',
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
    'loss           1.5000 nats a text',
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
