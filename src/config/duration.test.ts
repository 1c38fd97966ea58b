import { parseDuration } from './duration.js';

test.each([
  ['10m', 600],
  ['90s', 90],
  ['1h30m', 5400],
  ['1h 30m', 5400],
  ['500ms', 0.5],
  ['0.5h', 1800],
  ['2d', 172800],
  ['1H', 3600],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text)).toBeCloseTo(seconds, 9);
});

test.each(['', 'm', '10', '10x', '-5m', '1h30', '0s', 'ten minutes', '1e3s'])('%j is no length of time', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
