import { GptError } from '../errors.js';
import { parseTfConfig } from './tf-config.js';

const config = (cluster: object, task?: object) => JSON.stringify({ cluster, ...(task && { task }) });
const worker = (index: number | string) => ({ type: 'worker', index });

const errorOf = (text: string): string => {
  try {
    parseTfConfig(text);
  } catch (error) {
    if (error instanceof GptError && error.code === 'cluster/tf-config') return `${error.message} (${error.hint})`;
    throw error;
  }
  return 'none';
};

test('as TFJob writes it: workers by rank, and which one this is', () => {
  const text =
    '{"cluster":{"worker":["job-worker-0.ns.svc:2222","job-worker-1.ns.svc:2222"]},' +
    '"task":{"type":"worker","index":1},"environment":"cloud"}';
  expect(parseTfConfig(text)).toEqual({
    rank: 1,
    addresses: ['job-worker-0.ns.svc:2222', 'job-worker-1.ns.svc:2222'],
  });
});

test.each(['chief', 'master'])('the %s is worker 0 and the others follow, whatever the order of the keys', (name) => {
  const cluster = { worker: ['b:1', 'c:1'], [name]: ['a:1'] };
  expect(parseTfConfig(config(cluster, { type: name, index: 0 }))).toEqual({
    rank: 0,
    addresses: ['a:1', 'b:1', 'c:1'],
  });
  expect(parseTfConfig(config(cluster, worker(1)))?.rank).toBe(2);
});

test('an index may be a text, as scripts write it', () => {
  expect(parseTfConfig(config({ worker: ['a:1', 'b:1'] }, worker('1')))?.rank).toBe(1);
});

test.each([undefined, '', ' ', '{}', '{"cluster":{}}', config({ worker: ['a:1'] }, worker(0))])(
  'no other worker, no cluster: %j',
  (text) => {
    expect(parseTfConfig(text)).toBeUndefined();
  },
);

test.each<[string, RegExp]>([
  ['{cluster', /^TF_CONFIG is not JSON: .*\(for example \{"cluster"/],
  ['[]', /^TF_CONFIG cannot be used: /],
  [config({ worker: 'a:1' }, worker(0)), /cluster\.worker/],
  [config({ worker: ['a:1', 'b:1'] }), /does not say which worker this is/],
  [config({ worker: ['a:1', 'b:1'] }, worker(2)), /this is worker 2, but there are 2 \(they count from 0\)/],
  [config({ worker: ['a:1', 'b:1'] }, worker(-1)), /task\.index/],
  [config({ worker: ['a:1', 'b:1'] }, { type: 'chief', index: 0 }), /is a chief, of which its cluster has none/],
  [config({ worker: ['a', 'b:1'] }, worker(0)), /the address "a" \(an address is host:port\)/],
  [config({ worker: ['a:99999', 'b:1'] }, worker(0)), /the address "a:99999"/],
  [config({ worker: ['a:1', 'a:1'] }, worker(0)), /names a:1 twice/],
  [config({ chief: ['a:1', 'b:1'] }, { type: 'chief', index: 0 }), /names 2 of chief/],
  [config({ chief: ['a:1'], master: ['b:1'] }, { type: 'chief', index: 0 }), /both a chief and a master/],
  [config({ worker: { '0': 'a:1' } }, worker(0)), /as an object .*enableDynamicWorker/],
  [config({ worker: ['a:1'], ps: ['b:1'] }, worker(0)), /parameter servers.*all-reduced/],
  [config({ worker: ['a:1', 'b:1'] }, { type: 'ps', index: 0 }), /parameter servers/],
  [config({ worker: ['a:1', 'b:1'] }, { type: 'evaluator', index: 0 }), /evaluator.*worker 0 evaluates/],
  [config({ worker: ['a:1'], tpu: ['b:1'] }, worker(0)), /of the kind "tpu"/],
])('what cannot be used is refused with its value: %s', (text, message) => {
  expect(errorOf(text)).toMatch(message);
});
