import * as tf from '../tf.js';
import { jit } from './index.js';
import { compiler, onnx } from './testing/compiler.js';

const { compile, disposeAll } = compiler();
const vector = [{ shape: [3] }] as const;
const failing = (f: (x: tf.Tensor) => unknown) => jit(f as (x: tf.Tensor) => tf.Tensor, vector, onnx);

beforeAll(() => tf.setBackend('cpu'));
afterEach(disposeAll);

describe('what cannot be traced is an error that says why', () => {
  test.each<[string, (x: tf.Tensor) => unknown, string, string]>([
    ['dataSync', (x) => x.dataSync()[0]!, 'trace/read', 'reads the value of a traced tensor'],
    [
      'a condition on a value',
      (x) => (tf.sum(x).arraySync() === 0 ? x : tf.neg(x)),
      'trace/read',
      'reads the value of a traced tensor',
    ],
    ['data()', async (x) => (await x.data())[0], 'trace/read', 'reads the value of a traced tensor'],
    ['an async function', async (x) => tf.neg(x), 'trace/async', 'returns a promise'],
    ['random numbers', (x) => tf.add(x, tf.randomUniform([3])), 'trace/random', 'draws random numbers'],
    ['tf.dropout', (x) => tf.dropout(x, 0.5), 'trace/random', 'draws random numbers'],
    ['a shape that depends on values', (x) => tf.unique(x as tf.Tensor1D).values, 'trace/data-dependent', 'depends on'],
    ['an unknown kernel', (x) => tf.fft(tf.complex(x, x)), 'trace/kernel', 'kernel Complex (in tf.complex)'],
    ['a number as result', () => 3, 'jit/tree', 'the result is a number (3)'],
    ['an object of a class as result', (x) => new Map([['x', x]]), 'jit/tree', 'an object of class Map'],
    ['no result', () => undefined, 'jit/result', 'gives no tensor'],
  ])('%s', async (_, f, code, message) => {
    const before = tf.memory().numTensors;
    const error = await failing(f).catch((caught: unknown) => caught as { code: string; message: string });
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an unsupported kernel is named with what to use in its place', async () => {
    const resize = (x: tf.Tensor) => tf.image.resizeBilinear(tf.reshape(x, [1, 3, 1]) as tf.Tensor3D, [6, 1]);
    await expect(failing(resize)).rejects.toMatchObject({
      code: 'trace/kernel',
      message: expect.stringContaining('kernel ResizeBilinear'),
      hint: expect.stringContaining('interpolation matrix'),
    });
  });

  test('what the function throws is thrown', async () => {
    await expect(
      failing(() => {
        throw new RangeError('mine');
      }),
    ).rejects.toThrow(RangeError);
  });
});

describe('specs and inputs that do not fit are errors', () => {
  test.each<[unknown, string]>([
    [undefined, 'the specs are undefined'],
    [[{ shape: [-1] }], 'argument 1 has shape [-1]: -1 is not a size'],
    [[{ shape: [null, 2] }], 'argument 1 has shape [,2]: null is not a size'],
    [[{ shape: [2], dtype: 'string' }], 'argument 1 has dtype string'],
    [[{ x: { shape: [2] }, y: 3 }], 'argument 1.y is a number (3)'],
  ])('specs %j', async (specs, message) => {
    await expect(jit((x) => x as tf.Tensor, specs as typeof vector, onnx)).rejects.toThrow(message);
  });

  test('each names the argument, what it must be and what it is', async () => {
    const scalar = { shape: [], dtype: 'int32' } as const;
    const compiled = await compile(
      function step({ x, list }, n) {
        return tf.add(tf.add(x, list[0]), tf.cast(n, 'float32'));
      },
      [{ x: { shape: [2, 3] }, list: [{ shape: [3] }] }, scalar],
      onnx,
    );
    const call = compiled as (...given: unknown[]) => Promise<tf.Tensor>;
    const good = { x: tf.zeros([2, 3]), list: [tf.zeros([3])] };
    const cases: [unknown[], string][] = [
      [[good], 'step takes 2 arguments, got 1'],
      [[{ ...good, x: tf.zeros([3, 2]) }, 1], 'argument 1.x of step must be float32 [2, 3], is float32 [3, 2]'],
      [[{ ...good, x: tf.zeros([2, 3], 'int32') }, 1], 'argument 1.x of step must be float32 [2, 3], is int32 [2, 3]'],
      [[{ ...good, x: new Float32Array(5) }, 1], 'is Float32Array of 5'],
      [[{ ...good, x: 4 }, 1], 'is a number (4)'],
      [[{ ...good, list: [] }, 1], 'argument 1.list of step must be an array of 1, is an array of 0'],
      [[{ x: good.x }, 1], 'must be an object with the keys x, list'],
      [[{ ...good, more: good.x }, 1], 'must be an object with the keys x, list'],
      [[good, undefined], 'argument 2 of step must be int32 [], is undefined'],
    ];
    for (const [given, message] of cases) {
      await expect(call(...given)).rejects.toMatchObject({
        code: 'jit/input',
        message: expect.stringContaining(message),
      });
    }
    const gone = tf.zeros([2, 3]);
    gone.dispose();
    await expect(call({ ...good, x: gone }, 1)).rejects.toThrow('is a disposed tensor');
    expect((await call(good, 1)).shape).toEqual([2, 3]);
  });

  test('a call after dispose', async () => {
    const compiled = await jit((x) => tf.neg(x), vector, onnx);
    const running = compiled(tf.zeros([3]));
    await compiled.dispose();
    await compiled.dispose();
    expect((await running).shape).toEqual([3]);
    await expect(compiled(tf.zeros([3]))).rejects.toMatchObject({ code: 'jit/disposed' });
  });

  test('an unknown backend', async () => {
    await expect(jit((x) => tf.neg(x), vector, { backend: 'webgl' as 'onnx' })).rejects.toThrow('unknown backend');
  });
});
