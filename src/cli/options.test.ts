import { Command } from 'commander';
import { type ConfigCommand, flagName, settings, settingsOf } from '../config/index.js';
import { addSettings, configOf, layersOf } from './options.js';

function parse(line: string, which: ConfigCommand): Command {
  const command = addSettings(new Command().exitOverride().argument('[words...]'), which);
  command.configureOutput({ writeErr: () => {} });
  command.parse(line.split(' ').filter(Boolean), { from: 'user' });
  return command;
}

const flags = (line: string, which: ConfigCommand = 'pretrain') => layersOf(parse(line, which), which).at(-1)!.values;

test.each([
  ['', {}],
  ['book.txt', {}],
  ['--n-layer 6', { nLayer: 6 }],
  ['--n-layer=6', { nLayer: 6 }],
  ['--n-layer 2 --n-layer 3', { nLayer: 3 }],
  ['--n-layer x', { nLayer: 'x' }],
  ['--max-iters 1e4', { maxIters: 10000 }],
  ['--max-iters 0x10', { maxIters: '0x10' }],
  ['--learning-rate 6e-4', { learningRate: 0.0006 }],
  ['--learning-rate .5', { learningRate: 0.5 }],
  ['--learning-rate -1', { learningRate: -1 }],
  ['--beta1 0.8 --beta2 0.95', { beta1: 0.8, beta2: 0.95 }],
  ['--bias', { bias: true }],
  ['--no-bias', { bias: false }],
  ['--no-bias --bias', { bias: true }],
  ['--max-time 1h30m', { maxTime: '1h30m' }],
  ['--tokenizer runs/a', { tokenizer: 'runs/a' }],
  ['--backend onnx --device webgpu --threads 2 --seed 7', { backend: 'onnx', device: 'webgpu', threads: 2, seed: 7 }],
])('pretrain %s gives %j', (line, values) => {
  expect(flags(line)).toEqual(values);
});

test.each<[string, Record<string, unknown>]>([
  ['r --top-k 40 --top-p 0.9 --min-p 0.1', { topK: 40, topP: 0.9, minP: 0.1 }],
  ['r --stop . --stop !', { stop: ['.', '!'] }],
  ['--stop . r --stop !', { stop: ['.', '!'] }],
  ['r --greedy', { greedy: true }],
  ['r --repetition-penalty 1.2 --num-samples 3', { repetitionPenalty: 1.2, numSamples: 3 }],
])('sample %s gives %j', (line, values) => {
  expect(flags(line, 'sample')).toEqual(values);
});

test.each<[string, Record<string, unknown>]>([
  ['d.csv --balance --freeze 2', { balance: true, freeze: 2 }],
  ['d.csv --from runs/a --lora-rank 8 --lora-alpha 16', { from: 'runs/a', loraRank: 8, loraAlpha: 16 }],
  ['d.csv --text-column 5 --limit 100', { textColumn: '5', limit: 100 }],
])('finetune %s gives %j', (line, values) => {
  expect(flags(line, 'finetune')).toEqual(values);
});

test('presets are layers below the flags, in the order of their naming', () => {
  const names = layersOf(parse('-c gpt2 --config char-tiny --n-layer 2', 'pretrain'), 'pretrain').map(
    ({ name }) => name,
  );
  expect(names).toEqual(['gpt2', 'char-tiny', 'flag']);
  const { values } = configOf(parse('-c char-tiny --batch-size 3', 'pretrain'), 'pretrain');
  expect(values).toMatchObject({ blockSize: 64, batchSize: 3 });
});

test.each(['pretrain', 'finetune', 'sample', 'eval', 'classify'] as const)(
  'the help of %s names every setting',
  (which) => {
    const help = addSettings(new Command(), which).configureHelp({ helpWidth: 1000 }).helpInformation();
    for (const [key, setting] of Object.entries(settingsOf(which))) {
      expect(help).toMatch(new RegExp(`--(no-)?${flagName(key)}\\b`));
      expect(help).toContain(setting.help);
    }
    for (const key of Object.keys(settings)) {
      if (!(key in settingsOf(which))) expect(help).not.toMatch(new RegExp(`--(no-)?${flagName(key)} `));
    }
  },
);
