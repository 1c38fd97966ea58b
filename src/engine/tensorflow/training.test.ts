// Training on TensorFlow as a whole: the other engines' losses, the same bits again, nothing that grows.

import { alone } from '../../../test/alone.js';
import { furthest, open, trained } from '../../../test/tensorflow-training.js';
import { createEagerEngine } from '../eager/engine.js';
import { createOnnxEngine } from '../onnx/engine.js';
import { liveHandles } from './native/index.js';
import { withTensorflow } from './testing/library.js';

withTensorflow('training on TensorFlow', () => {
  test('50 steps with dropout have the losses of eager and onnx, run plainly and by XLA', async () => {
    const { losses: eager } = await trained(await createEagerEngine({ device: 'cpu' }), 50);
    const { losses: onnx } = await trained(await createOnnxEngine({ device: 'cpu', threads: 2 }), 50);
    const { losses: graph } = await trained(await open('graph'), 50);
    const { losses: xla } = await trained(await open('xla'), 50);
    expect(eager.at(-1)!).toBeLessThan(eager[0]! - 0.5);
    for (const losses of [onnx, graph, xla]) expect(furthest(losses, eager)).toBeLessThan(1e-4);
  }, 600_000);

  test.each(['graph', 'xla'] as const)(
    '%s gives the same bits run after run',
    async (jit) => {
      const first = await trained(await open(jit), 10);
      expect(await trained(await open(jit), 10)).toEqual(first);
    },
    600_000,
  );

  test('auto takes one of the two ways, changes no state in finding out, and keeps to it', async () => {
    const engine = await open('auto');
    expect(engine.jit).toBeUndefined();
    const found = await trained(engine, 5);
    expect(['graph', 'xla']).toContain(engine.jit);
    expect(await trained(await open(engine.jit!), 5)).toEqual(found);
  }, 600_000);

  test('recomputing gives the same losses', async () => {
    const { losses } = await trained(await open('xla'), 5);
    for (const jit of ['graph', 'xla'] as const) {
      const again = await trained(await open(jit), 5, { recompute: true });
      expect(furthest(again.losses, losses)).toBeLessThan(1e-5);
    }
  }, 600_000);

  test('a thousand steps leave no handle and no memory', () => {
    const left = alone<{ handles: number; grown: number }>(
      __dirname,
      `import { adamw, config, open, shape, step } from '../../../test/tensorflow-training.ts';
       import { initialize, lossStep, parameterSpecs } from '../../model/index.ts';
       import { gpt2Of } from '../../model/testing/eager.ts';
       import { liveHandles } from './native/index.ts';
       const engine = await open('graph');
       const gpt = gpt2Of(config);
       const specs = parameterSpecs(config);
       const state = await engine.createState(specs, { training: true });
       for (const { name, data } of initialize(specs, 1337)) await state.write('parameter', name, data);
       const program = await engine.compileTraining(lossStep(gpt, shape), state, adamw);
       for (let i = 1; i <= 200; i++) await step(program, i);
       collect();
       const [handles, before] = [liveHandles(), resident()];
       for (let i = 201; i <= 1200; i++) await step(program, i);
       collect();
       report({ handles: liveHandles() - handles, grown: resident() - before });
       await program.dispose();
       await state.dispose();
       gpt.dispose();
       await engine.dispose();`,
    );
    expect(left.handles).toBe(0);
    expect(left.grown).toBeLessThan(32e6);
  }, 600_000);

  test('nothing is left of an engine that was disposed', async () => {
    const before = liveHandles();
    await trained(await open('graph'), 2);
    expect(liveHandles()).toBe(before);
  });
});
