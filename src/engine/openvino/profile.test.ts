import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphBuilder } from '../../trace/index.js';
import { createOpenvinoEngine } from './engine.js';
import { withOpenvino } from './testing/library.js';

withOpenvino('a profile', () => {
  test('has an event for each run and for each node in it, with its kernel', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gpt-cli-profile-'));
    const builder = new GraphBuilder('two products');
    const square = { shape: [64, 64], dtype: 'float32' } as const;
    const x = builder.input('x', square);
    const product = (a: typeof x) =>
      builder.add('BatchMatMul', [a, x], { transposeA: false, transposeB: false }, [square])[0]!;
    builder.output('y', product(product(x)));
    const engine = await createOpenvinoEngine({ threads: 1, precision: 'f32', profile: join(folder, 'p') });
    const program = await engine.compileGraph(builder.build());
    for (let i = 0; i < 3; i++) await program.run({ x: new Float32Array(64 * 64).fill(0.1) });
    await program.dispose();
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(/^p-two-products_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.json$/)]);
    const events = JSON.parse(readFileSync(join(folder, files[0]!), 'utf8'));
    const runs = events.filter(({ name }: { name: string }) => name === 'model_run');
    expect(runs).toHaveLength(3);
    const products = events.filter(({ args }: { args: { op_name?: string } }) =>
      /MatMul|FullyConnected/.test(args.op_name ?? ''),
    );
    expect(products).toHaveLength(6);
    for (const { dur, ts, args, name } of products) {
      expect(dur).toBeLessThan(1e6);
      expect(ts).toBeGreaterThanOrEqual(runs[0].ts);
      expect(args.kernel).toMatch(/f32/);
      expect(name).toMatch(/_kernel_time$/);
    }
    rmSync(folder, { recursive: true, force: true });
  });
});
