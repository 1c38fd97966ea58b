import { resolve } from '../config/index.js';
import { learningRateFor, settledRates } from './learning-rate.js';

const rates = (flags: Record<string, unknown>, parameters = 1e6) => {
  const { values, sources } = resolve('finetune', [{ name: 'flag', values: flags }]);
  return settledRates(values, sources, parameters);
};

test('the smaller the model, the higher the rate; GPT-2 keeps 1e-4', () => {
  const sizes = [0.8e6, 19e6, 30e6, 124e6, 1.5e9];
  expect(sizes.map((size) => learningRateFor(size, false))).toEqual([1e-3, 1e-3, 3e-4, 1e-4, 1e-4]);
});

test('adapters of a large model take larger steps, without dropout', () => {
  expect([0.8e6, 30e6, 135e6].map((size) => learningRateFor(size, true))).toEqual([1e-3, 5e-4, 5e-4]);
  expect(rates({ loraRank: 8, from: 'x' }, 135e6)).toEqual({ learningRate: 5e-4, minLr: 5e-5 });
  const dropout = (flags: object) => resolve('finetune', [{ name: 'flag', values: { ...flags } }]).values.dropout;
  expect([dropout({}), dropout({ loraRank: 8, from: 'x' }), dropout({ loraRank: 8, from: 'x', dropout: 0.1 })]).toEqual(
    [0.1, 0, 0.1],
  );
});

test('the lowest rate follows: a tenth, or 0 with wsd', () => {
  expect(rates({})).toEqual({ learningRate: 1e-3, minLr: 1e-4 });
  expect(rates({}, 124e6)).toEqual({ learningRate: 1e-4, minLr: 1e-5 });
  expect(rates({ lrSchedule: 'wsd' })).toEqual({ learningRate: 1e-3, minLr: 0 });
});

test('what is given is kept, also where it is the default', () => {
  expect(rates({ learningRate: 1e-4 })).toEqual({ learningRate: 1e-4, minLr: 1e-5 });
  expect(rates({ learningRate: 0.02, minLr: 0.01 })).toEqual({ learningRate: 0.02, minLr: 0.01 });
  expect(rates({ minLr: 5e-5 })).toEqual({ learningRate: 1e-3, minLr: 5e-5 });
});
