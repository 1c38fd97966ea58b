import { availableMemory } from './available-memory.js';

const from = (files: Record<string, string>) => (path: string) => files[path];
const machine = { '/proc/meminfo': 'MemTotal: 16000 kB\nMemFree:  1000 kB\nMemAvailable:  8000 kB\n' };

test('what caches would give back counts as available', () => {
  expect(availableMemory(from(machine))).toBe(8000 * 1024);
});

test('a container of version 2 has what is left below its limit, its cache included', () => {
  const group = {
    '/proc/self/cgroup': '0::/\n',
    '/sys/fs/cgroup/memory.max': '5000000\n',
    '/sys/fs/cgroup/memory.current': '3000000\n',
    '/sys/fs/cgroup/memory.stat': 'anon 1\ninactive_file 1000000\nactive_file 7\n',
  };
  expect(availableMemory(from({ ...machine, ...group }))).toBe(3000000);
});

test('a group of version 1 is found by the path of the process', () => {
  const group = {
    '/proc/self/cgroup': '9:cpu:/\n4:memory:/jobs/7\n0::/\n',
    '/sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    '/sys/fs/cgroup/memory/jobs/7/memory.limit_in_bytes': '4000000\n',
    '/sys/fs/cgroup/memory/jobs/7/memory.usage_in_bytes': '2500000\n',
    '/sys/fs/cgroup/memory/jobs/7/memory.stat': 'inactive_file 5\ntotal_inactive_file 500000\n',
  };
  expect(availableMemory(from({ ...machine, ...group }))).toBe(2000000);
});

test('a group without a limit limits nothing', () => {
  const group = { '/proc/self/cgroup': '0::/user\n', '/sys/fs/cgroup/user/memory.max': 'max\n' };
  expect(availableMemory(from({ ...machine, ...group }))).toBe(8000 * 1024);
});

test('the machine that runs this has memory', () => {
  expect(availableMemory()).toBeGreaterThan(2 ** 20);
});
