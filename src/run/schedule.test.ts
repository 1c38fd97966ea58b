import { resolve } from '../config/index.js';
import { checkSchedule, learningRateOf, stepsOf } from './schedule.js';

const configOf = (values: Record<string, unknown>, command: 'pretrain' | 'finetune' = 'pretrain') =>
  resolve(command, [{ name: 'flag', values: { learningRate: 1e-3, ...values } }]).values;

/** The rates of a run's steps. @param planned the length that a time budget came to */
function ratesOf(values: Record<string, unknown>, planned: number | null, command?: 'pretrain' | 'finetune'): number[] {
  const config = configOf(values, command);
  const settled = { ...config, ...stepsOf(config, 43) };
  const rate = learningRateOf(settled);
  const total = settled.maxIters ?? planned;
  return Array.from({ length: total! }, (_, i) => rate(i + 1, total));
}

describe.each(['pretrain', 'finetune'] as const)('the warm-up of %s', (command) => {
  test('is a tenth of a run of 43 steps, whether steps, epochs or time decide its length', () => {
    const runs = [{ maxIters: 43 }, { epochs: 1 }, { maxTime: 60 }].map((length) => ratesOf(length, 43, command));
    for (const rates of runs) {
      expect(rates).toHaveLength(43);
      expect(rates.slice(0, 4)).toEqual([1, 2, 3, 4].map((step) => (1e-3 * step) / 5));
      expect(rates[4]).toBe(1e-3);
    }
    expect(runs[1]).toEqual(runs[0]);
    expect(runs[2]).toEqual(runs[0]);
  });

  test('is limited to 100 steps, and is what was asked for where it was', () => {
    for (const length of [{ maxIters: 4300 }, { epochs: 100 }, { maxTime: 60 }]) {
      const rates = ratesOf(length, 4300, command);
      expect(rates.indexOf(1e-3)).toBe(100);
      expect(ratesOf({ ...length, warmupIters: 7 }, 4300, command).indexOf(1e-3)).toBe(7);
    }
  });
});

test('before the speed of a run with a time budget is known, its rate rises as in a long run', () => {
  const rate = learningRateOf({ ...configOf({ maxTime: 60 }), warmupIters: null });
  expect([rate(1, null), rate(2, null)]).toEqual([1e-3 / 101, 2e-3 / 101]);
});

test('epochs that end within the warm-up asked for are a warning that names both', () => {
  const notices = (warmupIters: number) => {
    const config = configOf({ epochs: 1, warmupIters });
    return [...checkSchedule({ ...config, ...stepsOf(config, 43) })];
  };
  expect(notices(42)).toEqual([]);
  expect(notices(100)).toMatchObject([{ level: 'warning', message: expect.stringMatching(/43 steps.*0\.001.*100/) }]);
});

test('a decay that is shorter than a step is a warning', () => {
  const messages = (decayFraction: number) => {
    const config = configOf({ maxIters: 20, warmupIters: 2, lrSchedule: 'wsd', decayFraction });
    return [...checkSchedule(config)].map(({ message }) => message);
  };
  expect([0.05, 0.02].map(messages)).toEqual([
    [],
    ['the run of 20 steps has no decay: 0.02 of it is not one step (--decay-fraction)'],
  ]);
});
