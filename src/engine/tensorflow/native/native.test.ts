// TensorFlow's C API, owned and checked, on the library that is installed.
import { withTensorflow } from '../testing/library.js';
import { Context, Handle, type Library, liveHandles, loadLibrary, TensorHandle } from './index.js';

withTensorflow('native TensorFlow', () => {
  let library: Library;
  let context: Context;
  beforeAll(async () => {
    library = await loadLibrary();
    context = Context.open(library, { threads: 2, interThreads: 1, growMemory: true, gpu: true });
  });
  afterAll(() => context.dispose());

  test('has a version and a CPU', () => {
    expect(library.version).toMatch(/^2\.\d+\.\d+/);
    expect(context.devices()).toContainEqual(expect.objectContaining({ type: 'CPU' }));
  });

  test('runs an operation, at once and aside, and leaves no handle', async () => {
    const before = liveHandles();
    const x = TensorHandle.from(library, Float32Array.of(1, 2, 3), [3], 'float32');
    const [y] = context.execute('AddV2', { inputs: [x, x], outputs: 1 });
    expect(y!.read('float32')).toEqual(Float32Array.of(2, 4, 6));
    const [z] = await context.executeAsync('AddN', { inputs: [[x, x, x]], outputs: 1 });
    expect(z!.read('float32')).toEqual(Float32Array.of(3, 6, 9));
    expect(liveHandles()).toBe(before + 3);
    for (const handle of [x, y!, z!, z!]) handle.dispose();
    expect(liveHandles()).toBe(before);
  });

  test('what was freed is not used again', () => {
    const x = TensorHandle.from(library, Int32Array.of(1), [], 'int32');
    x.dispose();
    expect(() => x.read('int32')).toThrow('use of a native tensor that was freed');
    expect(() => context.execute('Neg', { inputs: [x], outputs: 1 })).toThrow('was freed');
  });

  test('what TensorFlow refuses is thrown in its words', async () => {
    const x = TensorHandle.from(library, Float32Array.of(1, 2), [2], 'float32');
    const y = TensorHandle.from(library, Float32Array.of(1, 2, 3), [3], 'float32');
    expect(() => context.execute('NoSuchThing', { inputs: [], outputs: 1 })).toThrow(/could not .*NoSuchThing/);
    expect(() => context.execute('Mul', { inputs: [x, y], outputs: 1 })).toThrow(
      /Incompatible shapes: \[2\] vs. \[3\]/,
    );
    await expect(context.executeAsync('Mul', { inputs: [x, y], outputs: 1 })).rejects.toThrow(/Incompatible shapes/);
    for (const handle of [x, y]) handle.dispose();
  });
});

test('what nobody refers to is freed by and by', async () => {
  let freed = 0;
  const before = liveHandles();
  (() =>
    new Handle('thing', 7n as never, () => {
      freed += 1;
    }))();
  expect(liveHandles()).toBe(before + 1);
  const { setFlagsFromString } = await import('node:v8');
  const { runInNewContext } = await import('node:vm');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 50 && freed === 0; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(freed).toBe(1);
  expect(liveHandles()).toBe(before);
});
