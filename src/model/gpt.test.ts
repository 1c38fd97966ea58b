import { alone } from '../../test/alone.js';
import * as tf from '../tf.js';
import { countParameters } from './config.js';
import { build } from './families/gpt2/layers.js';
import { parameterSpecs } from './registry.js';
import { gpt2Of, makeGpt, tiny } from './testing/eager.js';

const ids = (...rows: number[][]) => tf.tensor2d(rows, undefined, 'int32');
const values = (x: tf.Tensor) => Array.from(x.dataSync());
const scalar = (value: number) => tf.scalar(value, 'int32');

describe('Gpt', () => {
  test.each(['learned', 'sinusoidal', 'rope'] as const)('has the parameters of its %s configuration', (position) => {
    for (const bias of [true, false]) {
      const config = { ...tiny, position, bias };
      const gpt = gpt2Of(config);
      const shapes = [...gpt.variables].map(([name, { shape }]) => [name, shape]);
      expect(shapes).toEqual(parameterSpecs(config).map(({ name, shape }) => [name, shape]));
      gpt.dispose();
    }
  });

  test('two models do not share variables', () => {
    const [one, two] = [makeGpt({}, 1), makeGpt({}, 2)];
    const x = ids([1, 2, 3]);
    expect(values(one.logits(x))).not.toEqual(values(two.logits(x)));
    one.dispose();
    two.dispose();
  });

  test('an untrained model of GPT-2 shape holds no memory', () => {
    const config = { ...tiny, vocabSize: 50257, blockSize: 1024, nLayer: 12, nHead: 12, nEmbd: 768 };
    expect(countParameters(parameterSpecs(config))).toBe(124_439_808);
    const { bytes, grown } = alone<{ bytes: number; grown: number }>(
      __dirname,
      `import { gpt2Of } from './testing/eager.ts';
       const before = resident();
       const gpt = gpt2Of(${JSON.stringify(config)});
       const bytes = [...gpt.variables.values()].reduce((sum, { size }) => sum + 4 * size, 0);
       report({ bytes, grown: resident() - before });`,
    );
    expect(bytes).toBe(4 * 124_439_808);
    expect(grown).toBeLessThan(60e6);
  });

  test.each(['learned', 'sinusoidal', 'rope'] as const)('a later token changes no earlier logits (%s)', (position) => {
    const gpt = makeGpt({ position });
    const before = values(gpt.logits(ids([1, 2, 3, 4], [5, 6, 0, 1]))).slice(0, 3 * 7);
    const after = values(gpt.logits(ids([1, 2, 3, 0], [1, 1, 1, 1]))).slice(0, 3 * 7);
    expect(after).toEqual(before);
    gpt.dispose();
  });

  test.each(['learned', 'sinusoidal', 'rope'] as const)('the order of tokens matters (%s)', (position) => {
    const gpt = makeGpt({ position, nLayer: 1 });
    const last = (x: tf.Tensor) => values(gpt.logits(x)).slice(-7);
    expect(last(ids([1, 2, 3]))).not.toEqual(last(ids([2, 1, 3])));
    gpt.dispose();
  });

  test.each(['learned', 'sinusoidal', 'rope'] as const)(
    'positions 0..T-1 given equal those not given (%s)',
    (position) => {
      const gpt = makeGpt({ position });
      const x = ids([1, 2, 3], [4, 5, 6]);
      const positions = tf.tensor1d([0, 1, 2, 0, 1, 2], 'int32');
      const plain = values(gpt.logits(x));
      expect(values(gpt.logits(x, { positions }))).toEqual(plain);
      const moved = values(gpt.logits(x, { positions: tf.tensor1d([0, 1, 3, 0, 1, 3], 'int32') }));
      expect(moved.slice(14, 21)).not.toEqual(plain.slice(14, 21));
      gpt.dispose();
    },
  );

  test('logits are tied to the token table', () => {
    const gpt = makeGpt();
    const hidden = gpt.hidden(ids([1, 2, 3]));
    expect(hidden.shape).toEqual([3, 8]);
    const expected = tf.matMul(hidden, gpt.variables.get('wte.weight')!, false, true);
    expect(values(gpt.logits(ids([1, 2, 3])))).toEqual(values(expected));
    gpt.dispose();
  });

  test('dropout changes with the step, not with the call, and is off without a key', () => {
    const gpt = makeGpt({ dropout: 0.3 });
    const x = ids([1, 2, 3, 4]);
    const at = (step: number) => values(gpt.logits(x, { dropout: { seed: scalar(1), step: scalar(step) } }));
    expect(at(1)).toEqual(at(1));
    expect(at(1)).not.toEqual(at(2));
    expect(values(gpt.logits(x))).toEqual(values(gpt.logits(x)));
    expect(values(gpt.logits(x))).not.toEqual(at(1));
    gpt.dispose();
  });

  test('every dropout mask is drawn at a place of its own', () => {
    // With all else equal, two blocks of equal parameters must not drop alike: their outputs differ.
    const blocks = build({ ...tiny, dropout: 0.5 }).blocks;
    const options = { time: 4, dropout: { seed: scalar(1), step: scalar(1) } };
    const x = tf.reshape(tf.range(0, 32).sin(), [4, 8]);
    const first = blocks[0]!.run(x, options);
    blocks[1]!.run(x, options);
    blocks[1]!.setWeights(blocks[0]!.getWeights());
    expect(values(blocks[1]!.run(x, options))).not.toEqual(values(first));
  });

  test('leaves no tensor behind', () => {
    const before = tf.memory().numTensors;
    const gpt = makeGpt({ position: 'rope', dropout: 0.1 });
    expect(tf.memory().numTensors).toBe(before + gpt.variables.size);
    tf.tidy(() => void gpt.logits(ids([1, 2, 3]), { dropout: { seed: scalar(1), step: scalar(1) } }));
    gpt.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test('ids that are too long, flat or not integers are errors', () => {
    const gpt = makeGpt();
    expect(() => gpt.logits(ids([1, 2, 3, 4, 5, 6]))).toThrow('6 tokens are longer than the block size 5');
    expect(() => gpt.logits(tf.tensor1d([1, 2], 'int32'))).toThrow('ids must be int32 [B, T], is int32 [2]');
    expect(() => gpt.logits(tf.tensor2d([[1, 2]]))).toThrow('ids must be int32 [B, T], is float32 [1,2]');
    gpt.dispose();
    expect(() => gpt2Of({ ...tiny, nHead: 3 })).toThrow('nEmbd (8) is not divisible by nHead (3)');
  });
});
