import { hash32, maskBits, maskThreshold, stream } from '../../rng.js';
import { GraphBuilder } from '../../trace/index.js';
import { openSession } from './session.js';
import { withOpenvino } from './testing/library.js';

withOpenvino('dropout masks on OpenVINO', () => {
  test.each([0.01, 0.2, 0.5, 0.9])('with rate %f are those of rng.ts, bit for bit', async (rate) => {
    const builder = new GraphBuilder('mask');
    const scalar = { shape: [], dtype: 'int32' } as const;
    const mask = { shape: [300, 70], dtype: 'bool' } as const;
    const inputs = [builder.input('seed', scalar), builder.input('step', scalar)];
    builder.output('mask', builder.add('Bernoulli', inputs, { rate, place: 3 }, [mask])[0]!);
    const session = await openSession(builder.build(), { threads: 2, precision: 'f32' });
    for (const [seed, step] of [
      [5, 1],
      [-1, 2 ** 31 - 1],
    ] as const) {
      const { mask: found } = await session.run({ seed: Int32Array.of(seed), step: Int32Array.of(step) });
      const bits = maskBits(hash32(stream.dropout, 3, seed, step));
      const expected = Uint8Array.from({ length: 21_000 }, (_, i) => Number(bits(i) >= maskThreshold(rate)));
      expect(Buffer.from(found!.buffer, found!.byteOffset, 21_000).equals(Buffer.from(expected))).toBe(true);
    }
    await session.release();
  });
});
