import { HostState } from './host-state.js';

const spec = (name: string, shape: number[], more: object = {}) => ({ name, shape, decay: true, ...more });

test('two programs may hold large parameters, any number small ones; a program that is gone makes room', () => {
  const large = new HostState([spec('w', [8192, 4097])], { training: false }); // 128 MB: a third copy is beyond 256 MB
  expect([large.allowCopy(), large.allowCopy(), large.allowCopy()]).toEqual([true, true, false]);
  large.returnCopy();
  expect([large.allowCopy(), large.allowCopy()]).toEqual([true, false]);
  const small = new HostState([spec('w', [4, 4])], { training: false });
  expect(Array.from({ length: 9 }, () => small.allowCopy())).toEqual(Array(9).fill(true));
});

test('parameters that are trained are never compiled in', () => {
  expect(new HostState([spec('w', [4, 4])], { training: true }).allowCopy()).toBe(false);
});

test('a matrix in 4 bits is read back as it was rounded, and has no float32 memory to look at', async () => {
  const state = new HostState([spec('w', [1, 3], { quantized: { bits: 4, outputAxis: 0 } })], { training: false });
  await state.write('parameter', 'w', Float32Array.of(8, 3.4, -4));
  expect([...(await state.read('parameter', 'w'))]).toEqual([8, 3, -4]);
  expect(() => state.view('parameter', 'w')).toThrow('w is not kept in float32');
  await expect(state.write('parameter', 'w', Float32Array.of(1))).rejects.toThrow('w of 3 numbers was given 1');
  await expect(state.read('exp_avg', 'w')).rejects.toThrow('w is not trained');
});
