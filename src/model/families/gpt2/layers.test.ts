import * as tf from '../../../tf.js';
import type { GptLayer } from '../../layers/base.js';
import { LayerNorm } from '../../layers/layer-norm.js';
import { Linear } from '../../layers/linear.js';
import { PositionEmbedding, sinusoidalTable } from '../../layers/position-embedding.js';
import { TokenEmbedding } from '../../layers/token-embedding.js';
import { CausalSelfAttention } from './attention.js';
import { Block } from './block.js';
import { MLP } from './mlp.js';

const sizes = { nHead: 2, nEmbd: 4, bias: true, dropout: 0.1, place: 1 };
const makers: [string, () => GptLayer][] = [
  ['Linear', () => new Linear({ units: 6, bias: true })],
  ['LayerNorm', () => new LayerNorm({ bias: true, epsilon: 1e-3 })],
  ['PositionEmbedding', () => new PositionEmbedding({ blockSize: 5, kind: 'learned' })],
  ['CausalSelfAttention', () => new CausalSelfAttention({ ...sizes, ropePositions: 5 })],
  ['MLP', () => new MLP(sizes)],
  ['Block', () => new Block({ ...sizes, epsilon: 1e-5 })],
];
const values = (x: tf.Tensor) => Array.from(x.dataSync());
const input = () => tf.tensor3d([1, -2, 3, 0.5, 2, 2, -1, 0, 1, 1, 3, -4], [1, 3, 4]);

type Constructor = { fromConfig: (cls: unknown, config: tf.serialization.ConfigDict) => GptLayer; className: string };

describe.each(makers)('%s', (_name, make) => {
  test('is made again from its registered class, configuration and weights', () => {
    const layer = make();
    const y = layer.run(input());
    const cls = layer.constructor as unknown as Constructor;
    expect(tf.serialization.SerializationMap.getMap().classNameMap[cls.className]![0]).toBe(cls);
    const config = JSON.parse(JSON.stringify({ ...layer.getConfig(), name: undefined }));
    const again = cls.fromConfig(cls, config);
    again.build([null, 3, 4]);
    again.built = true;
    again.setWeights(layer.getWeights());
    expect(again.getConfig()).toEqual({ ...layer.getConfig(), name: again.name });
    expect(values(again.run(input()))).toEqual(values(y));
  });

  test('gives the shape that it says', () => {
    const layer = make();
    expect(layer.computeOutputShape([null, 3, 4]).slice(1)).toEqual(layer.run(input()).shape.slice(1));
  });
});

describe('layers', () => {
  test('a folded input gives the same numbers', () => {
    const block = new Block({ ...sizes, epsilon: 1e-5 });
    const whole = values(block.run(input()));
    expect(values(block.run(tf.reshape(input(), [3, 4]), { time: 3 }))).toEqual(whole);
    expect(() => block.run(tf.reshape(input(), [3, 4]))).toThrow('needs the option time');
  });

  test('they join into a tf.model, which gives what the layers give', () => {
    const ids = tf.input({ shape: [3], dtype: 'int32' });
    const embedding = new TokenEmbedding({ vocabSize: 9, nEmbd: 4 });
    const block = new Block({ ...sizes, epsilon: 1e-5 });
    const model = tf.model({ inputs: ids, outputs: block.apply(embedding.apply(ids)) as ReturnType<typeof tf.input> });
    const x = tf.tensor2d([[1, 2, 8]], undefined, 'int32');
    const y = model.predict(x) as tf.Tensor;
    expect(y.shape).toEqual([1, 3, 4]);
    expect(values(y)).toEqual(values(block.run(embedding.run(x))));
    expect(model.countParams()).toBe(9 * 4 + 12 * 16 + 13 * 4);
  });

  test('parameters bear GPT-2 names under a prefix', () => {
    const block = new Block({ ...sizes, epsilon: 1e-5 });
    block.run(input());
    expect(block.parameters('h.3.').map(([name]) => name)).toEqual([
      'h.3.ln_1.weight',
      'h.3.ln_1.bias',
      'h.3.attn.c_attn.weight',
      'h.3.attn.c_attn.bias',
      'h.3.attn.c_proj.weight',
      'h.3.attn.c_proj.bias',
      'h.3.ln_2.weight',
      'h.3.ln_2.bias',
      'h.3.mlp.c_fc.weight',
      'h.3.mlp.c_fc.bias',
      'h.3.mlp.c_proj.weight',
      'h.3.mlp.c_proj.bias',
    ]);
  });

  test('training with dropout but without a key is an error, not silence', () => {
    const mlp = new MLP(sizes);
    expect(() => mlp.run(input(), { training: true })).toThrow('needs the option dropout: { seed, step }');
  });

  test('a width that is not nEmbd is an error', () => {
    expect(() => new MLP(sizes).run(tf.zeros([1, 3, 5]))).toThrow('input is 5 wide, nEmbd is 4');
  });

  test('sinusoids worked by hand: position 1 of width 4', () => {
    const expected = [Math.sin(1), Math.cos(1), Math.sin(0.01), Math.cos(0.01)];
    const row = sinusoidalTable(2, 4, 1).slice(4);
    expect(Array.from(row)).toEqual(expected.map(Math.fround));
    expect(sinusoidalTable(2, 4)[1]).toBeCloseTo(0.02, 7);
  });

  test('a model longer than its positions fails', () => {
    const layer = new PositionEmbedding({ blockSize: 2, kind: 'learned' });
    expect(() => layer.run(input())).toThrow();
  });
});
