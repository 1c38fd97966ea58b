import { GraphBuilder } from '../../../trace/index.js';
import { liveHandles } from '../../handle.js';
import { GraphSession } from '../session.js';
import { openNativeSession } from './session.js';

/** y = a b of [40, 300] and [300, 50], their sum, and whether it is above 0. */
function products() {
  const builder = new GraphBuilder('products');
  const float = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;
  const [a, b] = [builder.input('a', float(40, 300)), builder.input('b', float(300, 50))];
  const plain = { transposeA: false, transposeB: false };
  const [y] = builder.add('BatchMatMul', [a, b], plain, [float(40, 50)]);
  const [sum] = builder.add('Sum', [y!], { axis: [0, 1], keepDims: false }, [float()]);
  builder.output('y', y!);
  builder.output('sum', sum!);
  return builder.build();
}

const drawn = (size: number) => Float32Array.from({ length: size }, (_, i) => Math.sin(1.7 * i));

test('gives the bits of the Node binding, into arrays that are bound and others', async () => {
  const before = liveHandles();
  const [a, b] = [drawn(12_000), drawn(15_000)];
  const plain = await GraphSession.open(products(), { device: 'cpu', threads: 2 });
  const expected = await plain.run({ a, b });
  await plain.release();
  const session = (await openNativeSession(products(), 2))!;
  const y = new Float32Array(2000);
  session.bindInput('b', b);
  session.bindOutput('y', y);
  expect(await session.run({ a })).toEqual({ sum: expected['sum'] });
  expect(y).toEqual(expected['y']);
  a.fill(1);
  b.fill(0.5);
  const { sum } = await session.run({ a });
  expect(sum![0]).toBe(2000 * 150);
  expect(y.every((value) => value === 150)).toBe(true);
  await session.release();
  await expect(session.run({ a })).rejects.toThrow('released');
  expect(liveHandles()).toBe(before);
});

test('an error has the message of onnxruntime', async () => {
  const builder = new GraphBuilder('none');
  const x = builder.input('x', { shape: [2, 3], dtype: 'float32' });
  const [y] = builder.add('Reshape', [x], { shape: [4, 2] }, [{ shape: [4, 2], dtype: 'float32' }]);
  builder.output('y', y!);
  const opening = openNativeSession(builder.build(), 1);
  await expect(opening.then((session) => session!.run({ x: new Float32Array(6) }))).rejects.toThrow(/^onnxruntime: /);
});
