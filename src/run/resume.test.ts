import { resolve } from '../config/index.js';
import { GptError } from '../errors.js';
import type { SavedRun } from './record.js';
import { goOn, resized } from './resume.js';

/** A run of `workers` with `batchSize` each. */
function savedRun(batchSize: number, workers?: number): SavedRun {
  const { values } = resolve('pretrain', [{ name: 'flag', values: { batchSize, maxIters: 20 } }]);
  return { command: 'pretrain', inputs: ['a.txt'], config: { ...values }, ...(workers && { workers }) };
}

function resumed(saved: SavedRun, workers: number, values: Record<string, unknown> = {}) {
  const { values: config, sources } = goOn('pretrain', saved, 'runs/a', [{ name: 'flag', values }], workers);
  const notices = [...resized(saved, config, workers)].map(({ level, message }) => `${level}: ${message}`);
  return { batchSize: config.batchSize, source: sources.batchSize, notices };
}

test.each([
  [8, 2, 1, 16],
  [8, 2, 4, 4],
  [8, undefined, 2, 4],
  [8, 4, 4, 8],
  [6, 4, 3, 8],
])('batches of %d with %p workers: with %d the whole batch is kept by %d each', (batchSize, before, now, kept) => {
  const saved = savedRun(batchSize, before);
  const { batchSize: size, notices } = resumed(saved, now);
  expect(size).toBe(kept);
  expect(size * now).toBe(batchSize * (before ?? 1));
  expect(notices.filter((notice) => notice.startsWith('warning'))).toEqual([]);
});

test('with the same workers nothing is said; with others, what one takes now', () => {
  expect(resumed(savedRun(8, 2), 2).notices).toEqual([]);
  expect(resumed(savedRun(8, 2), 4).notices).toEqual([
    'info: 4 workers, before 2: batch-size is 4, so that a batch stays 16 sequences',
  ]);
  expect(resumed(savedRun(8, 2), 4).source).toBe('derived');
});

test.each([
  [4, 4, 3, 5, 15],
  [4, 1, 3, 1, 3],
  [1, 2, 8, 1, 8],
])(
  'where workers do not divide it, the nearest batch is taken and told: %d x %d by %d',
  (batchSize, before, now, kept, whole) => {
    const { batchSize: size, notices } = resumed(savedRun(batchSize, before), now);
    expect(size).toBe(kept);
    expect(notices).toEqual([
      expect.stringMatching(`^warning: a batch is now ${whole} sequences of ${now} workers, it was`),
    ]);
  },
);

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
    hint: 'leave it out: it is then 4',
  });
});

test('other settings that make a run what it is stay closed, whatever the workers', () => {
  expect(() => resumed(savedRun(8, 2), 4, { nLayer: 9 })).toThrow('n-layer is 4 in runs/a and cannot become 9');
  expect(resumed(savedRun(8, 2), 1, { maxIters: 40 }).batchSize).toBe(16);
});
