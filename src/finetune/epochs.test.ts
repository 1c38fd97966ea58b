import { epochsFor } from './epochs.js';

test('few rows are read up to ten times, many three times', () => {
  expect([1, 16, 20, 50, 51, 2000].map(epochsFor)).toEqual([10, 10, 8, 3, 3, 3]);
});
