import type { Run } from '../checkpoint/index.js';
import { recordOf } from './record.js';

const saved = { command: 'pretrain', inputs: ['a.txt'], config: {}, workers: 2 };
const runWith = (changes: object) => ({ directory: 'runs/a', config: { ...saved, ...changes } }) as unknown as Run;

test('the record of a run is its config.json', () => {
  expect(recordOf(runWith({}), 'pretrain')).toEqual(saved);
});

test.each([
  { config: null },
  { config: [] },
  { inputs: null },
  { inputs: [null] },
  { workers: 'x' },
  { workers: 1e308 },
  { wholeBatch: 0 },
  { workingDirectory: 1 },
  { dataHash: {} },
])('a damaged record is refused by name: %j', (changes) => {
  expect(() => recordOf(runWith(changes), 'pretrain')).toThrow(expect.objectContaining({ code: 'run/config' }));
});
