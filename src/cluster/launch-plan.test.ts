import { planLaunch } from './launch-plan.js';
import { parseTfConfig } from './tf-config.js';

const ports = [7001, 7002, 7003];

test('every worker gets a TF_CONFIG with all addresses and its own rank', () => {
  const { environments } = planLaunch({ workers: 3, command: ['pretrain', 'book.txt'], ports, cores: 8 });
  const specs = environments.map(({ TF_CONFIG }) => parseTfConfig(TF_CONFIG));
  const addresses = ['127.0.0.1:7001', '127.0.0.1:7002', '127.0.0.1:7003'];
  expect(specs).toEqual([0, 1, 2].map((rank) => ({ rank, addresses })));
});

test.each([
  [8, ['pretrain', 'a.txt'], ['pretrain', 'a.txt', '--threads', '2']],
  [2, ['finetune', 'a.csv'], ['finetune', 'a.csv', '--threads', '1']],
  [8, ['pretrain', 'a.txt', '--threads', '5'], ['pretrain', 'a.txt', '--threads', '5']],
  [8, ['pretrain', 'a.txt', '--threads=5'], ['pretrain', 'a.txt', '--threads=5']],
])('%d cores are divided unless threads are given: %j', (cores, command, argv) => {
  expect(planLaunch({ workers: 3, command, ports, cores }).argv).toEqual(argv);
});

test.each([[[]], [['sample', 'run']], [['--workers', '2']]])('only training is launched: %j', (command) => {
  expect(() => planLaunch({ workers: 2, command, ports, cores: 2 })).toThrow('launch starts pretrain or finetune');
});
