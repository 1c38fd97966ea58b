import { resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { SavedRun } from './record.js';
import { resized, resumedSettings, wholeBatchOf } from './resume.js';

/** A run of `workers` with `batchSize` each. */
function savedRun(batchSize: number, workers?: number, wholeBatch?: number): SavedRun {
  const { values } = resolve('pretrain', [{ name: 'flag', values: { batchSize, maxIters: 20 } }]);
  return {
    command: 'pretrain',
    inputs: ['a.txt'],
    config: { ...values },
    ...(workers && { workers }),
    ...(wholeBatch && { wholeBatch }),
  };
}

function resumed(saved: SavedRun, workers: number, values: Record<string, unknown> = {}) {
  const { values: config, sources } = resumedSettings('pretrain', saved, 'runs/a', [{ name: 'flag', values }], workers);
  const notices = [...resized(saved, config, workers)].map(({ level, message }) => `${level}: ${message}`);
  const whole = wholeBatchOf(saved, config, workers);
  return { batchSize: config.batchSize, whole, source: sources.batchSize, notices };
}

test.each([
  [8, 2, 1, 16],
  [8, 2, 4, 4],
  [8, undefined, 2, 4],
  [8, 4, 4, 8],
  [6, 4, 3, 8],
  [4, 4, 3, 6],
  [4, 1, 3, 2],
  [1, 2, 8, 1],
])('batches of %d with %p workers: with %d the whole batch is kept by %d each', (batchSize, before, now, kept) => {
  const saved = savedRun(batchSize, before);
  const { batchSize: size, whole, notices } = resumed(saved, now);
  expect(size).toBe(kept);
  expect(whole).toBe(batchSize * (before ?? 1));
  expect(notices.filter((notice) => notice.startsWith('warning'))).toEqual([]);
});

test('a whole batch that workers did not divide is remembered by the run', () => {
  expect(resumed(savedRun(6, 3, 16), 2)).toMatchObject({ batchSize: 8, whole: 16 });
  expect(resumed(savedRun(6, 3, 16), 3, { batchSize: 6 })).toMatchObject({ batchSize: 6, whole: 16, notices: [] });
  expect(resumed(savedRun(6, 3, 16), 2, { batchSize: 6 })).toMatchObject({
    whole: 12,
    notices: ['warning: a batch is now 12 sequences of 2 workers, it was 16 of 3 workers'],
  });
});

test('in a new run the whole batch is what all workers take together', () => {
  expect(wholeBatchOf(undefined, { batchSize: 5 }, 3)).toBe(15);
});

test('with the same workers nothing is said; with others, what one takes now', () => {
  expect(resumed(savedRun(8, 2), 2).notices).toEqual([]);
  expect(resumed(savedRun(8, 2), 4).notices).toEqual([
    'info: 4 workers, before 2: batch-size is 4, so that a batch stays 16 sequences',
  ]);
  expect(resumed(savedRun(8, 2), 4).source).toBe('derived');
});

test('a batch-size that is given is what it was or what keeps the whole batch', () => {
  expect(resumed(savedRun(8, 2), 4, { batchSize: 4 }).batchSize).toBe(4);
  const larger = resumed(savedRun(8, 2), 4, { batchSize: 8 });
  expect(larger.batchSize).toBe(8);
  expect(larger.notices).toEqual(['warning: a batch is now 32 sequences of 4 workers, it was 16 of 2 workers']);
  let error: unknown;
  try {
    resumed(savedRun(8, 2), 4, { batchSize: 5 });
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(GptError);
  expect(error).toMatchObject({
    code: 'config/resume',
    message: 'batch-size is 8 in runs/a and cannot become 5 with 4 workers',
    hint: expect.stringContaining('4'),
  });
});

test('other settings that make a run what it is stay closed, whatever the workers', () => {
  expect(() => resumed(savedRun(8, 2), 4, { nLayer: 9 })).toThrow('n-layer is 4 in runs/a and cannot become 9');
  expect(resumed(savedRun(8, 2), 1, { maxIters: 40 }).batchSize).toBe(16);
});
