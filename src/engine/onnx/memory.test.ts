import { type Graph, GraphBuilder } from '../../trace/index.js';
import { arenaBytes, peakWithLosses } from './memory.js';

const f32 = (...shape: number[]) => ({ shape, dtype: 'float32' as const });
const kB = 1024;

/** GELU of an x of 8 kB and its gradient; both results belong to the caller. */
function geluGraph(): Graph {
  const builder = new GraphBuilder('gelu');
  const [x, dy] = [builder.input('x', f32(2 * kB)), builder.input('dy', f32(2 * kB))];
  const [y] = builder.add('GeluShared', [x], {}, [f32(2 * kB)]);
  const [dx] = builder.add('GeluGrad', [dy, x], {}, [f32(2 * kB)]);
  builder.output('y', y!);
  builder.output('dx', dx!);
  return builder.build();
}

test('of GELU two values are held from the forward to the backward pass', () => {
  expect(arenaBytes(geluGraph())).toBe(2 * 8 * kB);
});

test('a loss takes one more array of logits, its gradient is made of one of the two', () => {
  const builder = new GraphBuilder('loss');
  const inputs = [builder.input('h', f32(4, 2)), builder.input('w', f32(2, 64 * kB))];
  const [targets, dlosses] = [builder.input('targets', { shape: [4], dtype: 'int32' }), builder.input('d', f32(4))];
  const product = { transposeA: false, transposeB: false };
  const [logits] = builder.add('BatchMatMul', inputs, product, [f32(4, 64 * kB)]);
  const [losses, sums] = builder.add('TokenLoss', [logits!, targets], {}, [f32(4), f32(4)]);
  const [dlogits] = builder.add('TokenLossGrad', [dlosses, logits!, targets, sums!], {}, [f32(4, 64 * kB)]);
  const [dh] = builder.add('BatchMatMul', [dlogits!, inputs[1]!], { ...product, transposeB: true }, [f32(4, 2)]);
  builder.output('losses', losses!);
  builder.output('dh', dh!);
  const graph = builder.build();
  const array = 4 * 64 * kB * 4;
  expect(arenaBytes(graph)).toBe(2 * array);
  expect(peakWithLosses(graph)).toBe(2 * array);
});
