import { nearest } from './nearest.js';

const keys = ['nLayer', 'nHead', 'learningRate', 'batchSize', 'minLr'];

test.each([
  ['nLayers', 'nLayer'],
  ['n_layer', 'nLayer'],
  ['n-head', 'nHead'],
  ['learning_rate', 'learningRate'],
  ['batch', undefined],
  ['batchsiz', 'batchSize'],
  ['MINLR', 'minLr'],
  ['colour', undefined],
  ['', undefined],
])('nearest to %s is %s', (word, expected) => {
  expect(nearest(word, keys)).toBe(expected);
});
